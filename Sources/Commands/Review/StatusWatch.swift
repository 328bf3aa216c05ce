import Glibc
import Linux
import Sessions
import Store

/// `status --watch`: a session's status, told anew whenever it differs, until somebody ends it.
struct StatusWatch: ~Copyable {
  private let session: StoredSession
  private let invocation: Invocation
  private let signals: SignalInput
  private let isScreen: Bool
  /// How often it is asked whether anything has moved.
  private static let pause: Int32 = 250
  /// What is not seen that way, as a change of the project, is looked for after so many pauses.
  private static let patience = 20

  init(_ session: consuming StoredSession, _ invocation: Invocation) throws {
    self.session = session
    self.invocation = invocation
    signals = try SignalInput([SIGINT, SIGTERM, SIGHUP, SIGWINCH])
    isScreen = !invocation.wantsJSON && Descriptor.standardOutput.isTerminal
  }

  /// Goes on until a signal ends it; the last state stays on the terminal.
  func run() throws -> Int32 {
    var (shown, seen): (String?, [Int64]) = (nil, [])
    var left = 0
    if isScreen { try say(Self.enter) }
    defer { leave(shown) }
    repeat {
      let now = traces()
      if now != seen || left == 0 {
        (seen, left) = (now, Self.patience)
        let text = try text()
        if text != shown { try show(text) }
        shown = text
      }
      left -= 1
    } while try !isEnded(&left)
    return ExitCode.done
  }

  /// When the session's files were changed last: cheap to ask, and none stays as it was where
  /// anything was done to the session.
  private func traces() -> [Int64] {
    ["session.db", "session.db-wal", "run", "log.jsonl"].map { (name: ByteString) in
      // What is not there has no time; a session that is gone is told by its next status.
      let status = try? session.directory.borrowed.status(of: name)
      return status?.modified.nanoseconds ?? 0
    }
  }

  private func text() throws -> String {
    let status = try Status(session, invocation)
    if invocation.wantsJSON { return status.json.text + "\n" }
    return status.lines(invocation.output.style).map { $0 + "\n" }.joined()
  }

  private func show(_ text: String) throws {
    if !isScreen {
      let isBlock = !invocation.wantsJSON
      return try say(text + (isBlock ? "\n" : ""))
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    try say(Self.home + lines.joined(separator: Self.endOfLine) + Self.below)
  }

  private func isEnded(_ left: inout Int) throws -> Bool {
    var set = PollSet()
    _ = set.add(signals.descriptor.borrowed)
    _ = try set.wait(milliseconds: Self.pause)
    while let signal = try signals.next() {
      if signal != SIGWINCH { return true }
      left = 0
    }
    return false
  }

  private func leave(_ shown: String?) {
    guard isScreen else { return }
    // The terminal may be gone, and with it who could be told.
    try? say(Self.exit + (shown ?? ""))
  }

  private func say(_ text: String) throws {
    try invocation.output.write(text)
    try invocation.output.flush()
  }

  // Another screen without a cursor, where each line ends what was behind it before.
  private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
  private static let exit = "\u{1B}[?25h\u{1B}[?1049l"
  private static let home = "\u{1B}[H"
  private static let endOfLine = "\u{1B}[K\r\n"
  private static let below = "\u{1B}[J"
}
