import Glibc
import Linux

/// Programs that the bench runs, and children of its own.
enum Command {
  /// Runs a program, quietly, and answers its exit status.
  @discardableResult
  static func run(_ words: [String], in directory: String? = nil) throws -> Int32 {
    try inChildStatus {
      if let directory, chdir(directory) != 0 { _exit(125) }
      let null = open("/dev/null", O_RDWR)
      dup2(null, 0)
      dup2(null, 1)
      if !words[0].hasPrefix("fuse") { dup2(null, 2) }
      var arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? }
      arguments.append(nil)
      execvp(words[0], &arguments)
      _exit(127)
    }
  }

  /// Runs a program that must not fail.
  static func require(_ words: [String], in directory: String? = nil) throws {
    let status = try run(words, in: directory)
    guard status == 0 else {
      throw Complaint("'\(words.joined(separator: " "))' failed with \(status)")
    }
  }

  /// What a program that must not fail says, without its last line's end.
  static func output(_ words: [String]) throws -> String {
    var template = Array("/var/tmp/cowbox-bench.XXXXXX".utf8CString)
    let file = OwnedDescriptor(owning: try check { mkstemp(&template) })
    unlink(template)
    let raw = file.borrowed.raw
    let status = try inChildStatus {
      dup2(raw, 1)
      var arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? }
      arguments.append(nil)
      execvp(words[0], &arguments)
      _exit(127)
    }
    guard status == 0 else {
      throw Complaint("'\(words.joined(separator: " "))' failed with \(status)")
    }
    lseek(raw, 0, SEEK_SET)
    let text = String(decoding: try file.borrowed.readAll(limit: 1 << 20), as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// Runs `body` in a child that must not fail.
  static func inChild(_ body: () throws -> Void) throws { try waitFor(start(body)) }

  /// Starts `body` in a child.
  static func start(_ body: () throws -> Void) throws -> pid_t {
    try startChild {
      do { try body() } catch {
        Complaint.say("cowbox-bench: \(error)")
        _exit(1)
      }
    }
  }

  /// Waits for a child of `start(_:)`, which must not have failed.
  static func waitFor(_ child: pid_t) throws {
    let status = try status(of: child)
    guard status == 0 else { throw Complaint("the client failed with \(status)") }
  }

  private static func inChildStatus(_ body: () -> Void) throws -> Int32 {
    try status(of: startChild(body))
  }

  private static func startChild(_ body: () -> Void) throws -> pid_t {
    fflush(nil)
    let child = fork()
    guard child >= 0 else { throw Errno.last }
    if child == 0 {
      body()
      _exit(0)
    }
    return child
  }

  private static func status(of child: pid_t) throws -> Int32 {
    var status: Int32 = 0
    try check { waitpid(child, &status, 0) }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }

  static func lines(of path: String) throws -> [String] {
    let file = try Descriptor.currentDirectory.open(ByteString(path), .readOnly)
    let bytes = try file.borrowed.readAll(limit: 1 << 20)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
  }
}
