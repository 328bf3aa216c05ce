import CLinux
import Glibc

/// Two connected local sockets that keep each message whole.
package struct PacketPair: ~Copyable {
  package let first: OwnedDescriptor
  package let second: OwnedDescriptor

  /// Both ends, close-on-exec.
  ///
  /// The corresponding system call is `socketpair(2)` with `SOCK_SEQPACKET`.
  package init() throws(Errno) {
    var ends: [Int32] = [-1, -1]
    try check { cl_packet_pair(&ends) }
    first = OwnedDescriptor(owning: ends[0])
    second = OwnedDescriptor(owning: ends[1])
  }

  /// Gives both ends away by their numbers; who takes them closes them.
  package consuming func release() -> (first: Int32, second: Int32) {
    (first.release(), second.release())
  }
}

/// The two ends of a pipe.
package struct Pipe: ~Copyable {
  package let output: OwnedDescriptor
  package let input: OwnedDescriptor

  /// Both ends, close-on-exec: what is written to `input` is read from `output`.
  ///
  /// The corresponding system call is `pipe2(2)`.
  package init() throws(Errno) {
    var ends: [Int32] = [-1, -1]
    try check { pipe2(&ends, O_CLOEXEC) }
    output = OwnedDescriptor(owning: ends[0])
    input = OwnedDescriptor(owning: ends[1])
  }

  /// Gives both ends away by their numbers; who takes them closes them.
  package consuming func release() -> (output: Int32, input: Int32) {
    (output.release(), input.release())
  }
}

extension OwnedDescriptor {
  /// A file without a name, in memory, close-on-exec.
  ///
  /// The corresponding system call is `memfd_create(2)`.
  package static func inMemory() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try check { cl_sealed_memory("cowbox") })
  }
}

extension Descriptor {
  /// The other end of this pseudo-terminal's master, unlocked.
  ///
  /// The corresponding system call is `ioctl(2)` with `TIOCGPTPEER`.
  package func terminalPeer() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try check { cl_open_terminal_peer(raw) })
  }

  /// Makes this terminal the controlling one of the session that this process leads.
  ///
  /// The corresponding system call is `ioctl(2)` with `TIOCSCTTY`.
  package func control() throws(Errno) { try check { cl_control_terminal(raw) } }

  /// Makes a process group the one that this terminal's keys speak to.
  ///
  /// The corresponding call is `tcsetpgrp(3)`.
  package func setForeground(_ group: Int32) throws(Errno) { try check { tcsetpgrp(raw, group) } }
}

extension Process {
  /// Puts a process into a group of its own name, or of another's.
  ///
  /// The corresponding system call is `setpgid(2)`.
  package static func setGroup(of process: Int32, to group: Int32) throws(Errno) {
    try check { setpgid(process, group) }
  }

  /// Lets every signal do again what it does by itself, and unblocks all.
  ///
  /// The corresponding system calls are `sigaction(2)` and `sigprocmask(2)`.
  package static func restoreSignals() {
    for number in 1...64 { Glibc.signal(Int32(number), SIG_DFL) }
    unblockAllSignals()
  }

  /// Blocks every signal of this process.
  ///
  /// The corresponding system call is `sigprocmask(2)`.
  package static func blockSignals() {
    var set = sigset_t()
    sigfillset(&set)
    sigprocmask(SIG_BLOCK, &set, nil)
  }

  /// Sets which permissions new files don't get.
  ///
  /// The corresponding system call is `umask(2)`.
  package static func setCreationMask(_ mask: UInt32) { umask(mode_t(mask)) }

  /// Becomes another program, looked up in the new environment's PATH; returns only a failure.
  ///
  /// The corresponding call is `execvp(3)`.
  package static func execute(_ words: [ByteString], environment: [ByteString]) -> Errno {
    let arguments = CStringArray(words)
    let variables = CStringArray(environment)
    _ = cl_execute(arguments.pointers, variables.pointers)
    return .last
  }
}

/// Strings as exec takes them; never freed, because the process becomes another.
private struct CStringArray {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  init(_ strings: [ByteString]) {
    pointers = .allocate(capacity: strings.count + 1)
    for (index, string) in strings.enumerated() {
      pointers[index] = string.withCString { strdup($0) }
    }
    pointers[strings.count] = nil
  }
}

extension Descriptor {
  /// Reads at most so many bytes where the descriptor stands; none at the end.
  package func read(byteCount: Int) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let count = try check {
      bytes.withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress, byteCount) }
    }
    bytes.removeLast(byteCount - count)
    return bytes
  }
}

extension Descriptor {
  /// Reads to the end a file whose size is not told, as those of /proc.
  package func readToEnd() throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let part = try read(byteCount: 1 << 16)
      if part.isEmpty { return bytes }
      bytes += part
    }
  }
}
