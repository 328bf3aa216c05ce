import CLinux
import Glibc

/// A borrowed file descriptor: who owns it keeps it open while this is used.
package struct Descriptor: Hashable, Sendable {
  package let raw: Int32

  /// A descriptor by its number.
  package init(_ raw: Int32) { self.raw = raw }

  /// The current directory, for the calls that take a directory.
  package static let currentDirectory = Descriptor(AT_FDCWD)
  package static let standardInput = Descriptor(0)
  package static let standardOutput = Descriptor(1)
  package static let standardError = Descriptor(2)
}

/// An owned file descriptor, closed exactly once.
package struct OwnedDescriptor: ~Copyable, Sendable {
  package let borrowed: Descriptor

  /// Takes ownership of a descriptor that nobody else closes.
  package init(owning raw: Int32) { borrowed = Descriptor(raw) }

  package var raw: Int32 { borrowed.raw }

  /// Closes, and reports what the file system says only now.
  ///
  /// The corresponding system call is `close(2)`; it is never repeated.
  package consuming func close() throws(Errno) {
    let raw = release()
    // EINTR: Linux has closed the descriptor all the same.
    if Glibc.close(raw) == -1, Errno.last != .interrupted { throw .last }
  }

  /// Gives the descriptor away without closing it.
  package consuming func release() -> Int32 {
    let raw = borrowed.raw
    discard self
    return raw
  }

  deinit { _ = Glibc.close(borrowed.raw) }
}

extension Descriptor {
  /// A second descriptor for the same open file, close-on-exec.
  ///
  /// The corresponding system call is `fcntl(2)` with `F_DUPFD_CLOEXEC`.
  package func duplicate(atLeast lowest: Int32 = 3) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try check { cl_fcntl(raw, F_DUPFD_CLOEXEC, Int(lowest)) })
  }

  /// Sets or clears close-on-exec.
  ///
  /// The corresponding system call is `fcntl(2)` with `F_SETFD`.
  package func setCloseOnExec(_ on: Bool) throws(Errno) {
    try check { cl_fcntl(raw, F_SETFD, on ? Int(FD_CLOEXEC) : 0) }
  }

  /// Sets or clears O_NONBLOCK.
  ///
  /// The corresponding system call is `fcntl(2)` with `F_SETFL`.
  package func setNonBlocking(_ on: Bool) throws(Errno) {
    let flags = try check { cl_fcntl(raw, F_GETFL, 0) }
    let wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK
    try check { cl_fcntl(raw, F_SETFL, Int(wanted)) }
  }

  /// Whether it was opened for writing.
  ///
  /// The corresponding system call is `fcntl(2)` with `F_GETFL`.
  package var isWritable: Bool {
    let flags = cl_fcntl(raw, F_GETFL, 0)
    return flags != -1 && flags & O_ACCMODE != O_RDONLY
  }

  /// Whether it was opened for reading.
  ///
  /// The corresponding system call is `fcntl(2)` with `F_GETFL`.
  package var isReadable: Bool {
    let flags = cl_fcntl(raw, F_GETFL, 0)
    return flags != -1 && flags & O_ACCMODE != O_WRONLY
  }

  /// How it was opened, and what was set since.
  ///
  /// The corresponding system call is `fcntl(2)` with `F_GETFL`.
  package func openFlags() throws(Errno) -> OpenFlags {
    OpenFlags(rawValue: try check { cl_fcntl(raw, F_GETFL, 0) })
  }

  /// Whether this is a terminal.
  package var isTerminal: Bool { isatty(raw) == 1 }

  /// The path that leads to this open file while it is open.
  package var procPath: ByteString { ByteString("/proc/self/fd/\(raw)") }
}
