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

  /// Runs `body` in a child that must not fail.
  static func inChild(_ body: () throws -> Void) throws {
    let status = try inChildStatus {
      do { try body() } catch {
        Complaint.say("cowbox-bench: \(error)")
        _exit(1)
      }
      _exit(0)
    }
    guard status == 0 else { throw Complaint("the client failed with \(status)") }
  }

  private static func inChildStatus(_ body: () -> Void) throws -> Int32 {
    fflush(nil)
    let child = fork()
    guard child >= 0 else { throw Errno.last }
    if child == 0 {
      body()
      _exit(0)
    }
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
