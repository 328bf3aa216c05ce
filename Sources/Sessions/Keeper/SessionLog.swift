import CLinux
import Glibc
import Linux
import Store

/// The file `log.jsonl` of a session: what was run, when, by whom, and how it ended.
struct SessionLog {
  private let session: Descriptor

  /// The log of the session with that directory, which stays open as long as the log is used.
  init(session: Descriptor) { self.session = session }

  /// Adds one line; a log that can't be written must not stop the work.
  func add(_ command: RunningCommand, end: CommandEnd) {
    let status: JSON.Member =
      switch end {
      case .exited(let status): JSON.Member("status", .int(Int64(status)))
      case .killed(let signal): JSON.Member("signal", .int(Int64(signal)))
      }
    let entry: JSON = .object([
      JSON.Member("began", .int(command.began.nanoseconds)),
      JSON.Member("ended", .int(Timestamp.now.nanoseconds)),
      JSON.Member("step", .int(command.step.id.rawValue)),
      JSON.Member("user", .int(Int64(Process.user))),
      JSON.Member("words", .array(command.words.map { JSON($0) })), status,
    ])
    var line: [UInt8] = []
    entry.write(to: &line, indent: nil)
    line.append(UInt8(ascii: "\n"))
    try? append(line)
  }

  private func append(_ line: [UInt8]) throws(Errno) {
    let file = try session.open(
      "log.jsonl", [.writeOnly, .create, .append, .noFollow], mode: 0o600)
    try file.borrowed.write(line)
  }
}
