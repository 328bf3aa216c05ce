import CLinux
import Glibc
import Linux
import Sandbox
import Store

/// The file `log.jsonl` of a session: what was run, when, by whom, and how it ended.
struct SessionLog {
  private let session: Descriptor

  /// The log of the session with that directory, which stays open as long as the log is used.
  init(session: Descriptor) { self.session = session }

  /// Adds one line; a log that can't be written must not stop the work.
  func add(_ command: RunningCommand, end: CommandEnd, refusals: [Refusal]) {
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
      JSON.Member("refusals", .array(refusals.map(\.json))),
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

extension StoredSession {
  /// What the walls refused to the commands of each step, as far as the log knows.
  package func refusals() -> [Int64: [Refusal]] {
    // Failure does not matter: without a log nothing is known to have been refused.
    guard let file = try? directory.borrowed.open("log.jsonl", [.noFollow]),
      let bytes = try? file.borrowed.readToEnd()
    else { return [:] }
    var found: [Int64: [Refusal]] = [:]
    for line in bytes.split(separator: 0x0A) {
      // A last line that was cut off by a full disk is no line.
      guard let entry = try? JSONReader.read(line), let step = entry["step"]?.int else { continue }
      found[step, default: []] += (entry["refusals"]?.array ?? []).compactMap(Refusal.init(json:))
    }
    return found
  }
}
