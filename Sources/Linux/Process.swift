import CLinux
import Glibc

/// The running process, as the calls without a descriptor see it.
package enum Process {
  /// The words of the command line as bytes, the program's own name first.
  package static var arguments: [ByteString] { words(cl_arguments()) }

  /// The environment as it was handed over, "NAME=value" each.
  package static var environment: [ByteString] { words(cl_environment()) }

  /// The words of a list that a null pointer ends.
  private static func words(_ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?)
    -> [ByteString]
  {
    var words: [ByteString] = []
    var next = list
    while let at = next, let word = at.pointee {
      words.append(ByteString(cString: word))
      next = at + 1
    }
    return words
  }

  /// The value of an environment variable, or nil where it is unset or empty.
  package static func variable(_ name: String) -> ByteString? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return ByteString(cString: value)
  }

  /// Which of the three standard streams the process was started without.
  ///
  /// Asked first, before anything is opened: each stands for nothing (`/dev/null`) from then on, so
  /// that no other file takes its number.
  package static let closedStreams: [Int32] = (0...2).filter { number in
    if Descriptor(number).isOpen { return false }
    // The lowest free number is this one; where that fails too, the stream stays closed.
    _ = try? Descriptor.currentDirectory.open("/dev/null" as ByteString, [.readWrite]).release()
    return true
  }

  /// The process id.
  ///
  /// The corresponding system call is `getpid(2)`.
  package static var id: Int32 { getpid() }
  /// The user id that owns what this process makes.
  ///
  /// The corresponding system call is `geteuid(2)`.
  package static var user: UInt32 { geteuid() }
  /// The group id that owns what this process makes.
  ///
  /// The corresponding system call is `getegid(2)`.
  package static var group: UInt32 { getegid() }

  /// The absolute path of the current directory.
  ///
  /// The corresponding system call is `getcwd(2)`.
  package static func currentDirectory() throws(Errno) -> ByteString {
    guard let path = getcwd(nil, 0) else { throw .last }
    defer { free(path) }
    return ByteString(cString: path)
  }

  /// Makes another directory the current one.
  ///
  /// The corresponding system call is `chdir(2)`.
  package static func changeDirectory(to path: ByteString) throws(Errno) {
    _ = try path.withCString { path throws(Errno) in try check { chdir(path) } }
  }

  /// The path without symlinks, "." and "..".
  ///
  /// The corresponding call is `realpath(3)`.
  package static func canonical(_ path: ByteString) throws(Errno) -> ByteString {
    try path.withCString { path throws(Errno) in
      guard let found = realpath(path, nil) else { throw .last }
      defer { free(found) }
      return ByteString(cString: found)
    }
  }

  /// The home directory that the user database has for this user.
  ///
  /// The corresponding call is `getpwuid(3)`.
  package static func homeFromUserDatabase() -> ByteString? {
    guard let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir else { return nil }
    return ByteString(cString: home)
  }

  /// Begins a session of its own, without a terminal.
  ///
  /// The corresponding system call is `setsid(2)`.
  package static func beginTerminalSession() throws(Errno) { try check { setsid() } }

  /// Closes every descriptor from a number on but one.
  ///
  /// The corresponding system call is `close_range(2)`.
  package static func closeDescriptors(from first: Int32, except kept: Int32) throws(Errno) {
    if kept > first { try check { cl_close_range(UInt32(first), UInt32(kept - 1), 0) } }
    try check { cl_close_range(UInt32(max(first, kept + 1)), UInt32.max, 0) }
  }

  /// The caller's other groups.
  ///
  /// The corresponding system call is `getgroups(2)`.
  package static var groups: [UInt32] {
    var groups = [gid_t](repeating: 0, count: max(0, Int(getgroups(0, nil))))
    let count = getgroups(Int32(groups.count), &groups)
    return Array(groups.prefix(max(0, Int(count))))
  }

  /// Which permissions new files don't get; read by setting and setting back.
  ///
  /// The corresponding system call is `umask(2)`.
  package static var creationMask: UInt32 {
    let mask = umask(0o077)
    umask(mask)
    return mask
  }

  /// Sends a signal to a process, or to a group when the number is negative.
  ///
  /// The corresponding system call is `kill(2)`.
  package static func signal(_ process: Int32, _ signal: Int32) throws(Errno) {
    try check { kill(process, signal) }
  }

  /// Keeps other processes of the user from reading or tracing this one.
  ///
  /// The corresponding system call is `prctl(2)` with `PR_SET_DUMPABLE`.
  package static func forbidInspection() throws(Errno) {
    try check { cl_prctl(PR_SET_DUMPABLE, 0) }
  }

  /// Random bytes from the kernel.
  ///
  /// The corresponding system call is `getrandom(2)`.
  package static func randomBytes(_ count: Int) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try check { bytes.withUnsafeMutableBytes { getrandom($0.baseAddress, $0.count, 0) } }
    return bytes
  }

  /// Ends at once, without running what waits for the end.
  ///
  /// The corresponding system call is `_exit(2)`.
  package static func end(_ status: Int32) -> Never { _exit(status) }
}

extension Descriptor {
  /// Makes another number mean this open file, which stays open over exec.
  ///
  /// The corresponding system call is `dup2(2)`.
  package func duplicate(onto number: Int32) throws(Errno) { try check { dup2(raw, number) } }

  /// Whether this descriptor names an open file.
  package var isOpen: Bool { cl_fcntl(raw, F_GETFD, 0) != -1 }
}
