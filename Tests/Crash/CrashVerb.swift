import Harness
import Linux
import Rehearsal

/// One command that is interrupted, on a session made for it.
package enum CrashVerb: String, CaseIterable, Sendable {
  case apply, part, inPlace = "in-place", merge, revert, discard, discardPart = "discard-part",
    refresh, undo, redo, restore, branch

  static let project = """
    mkdir -p src/deep gone; seq 1 30 > a.txt; printf 'no newline' > b.txt
    printf 'x\\000y' > bin; echo deep > src/deep/f; echo s > src/s; echo g > gone/g; ln -s a.txt link
    echo run > tool; chmod 755 tool; echo one > h1; ln h1 h2
    """

  /// What the session is called.
  package static let session = "p-crash"

  /// The words of the command line.
  var words: [String] {
    switch self {
    case .apply: ["apply"]
    case .part: ["apply", "a.txt", "moved", "fresh"]
    case .inPlace: ["apply", "--in-place"]
    case .merge: ["apply", "--merge"]
    case .revert: ["revert"]
    case .discard: ["discard"]
    case .discardPart: ["discard", "a.txt", "moved", "fresh"]
    case .refresh: ["refresh"]
    case .undo: ["undo"]
    case .redo: ["redo"]
    case .restore: ["restore", "early"]
    case .branch: ["branch", "other"]
    }
  }

  /// Makes the project and the session; the lock is free afterwards.
  package func prepare() throws -> Rehearsal {
    let session = try Rehearsal(Self.project, named: Self.session)
    try session.write(
      "a.txt", "first\n" + (2...30).map { "\($0)\n" }.joined())
    try session.rename("src/deep", "moved")
    try session.removeTree("gone")
    try session.makeDirectory("fresh")
    try session.create("fresh/x", "x\n")
    try session.makeFIFO("fresh/pipe")
    try session.rename("b.txt", "fresh/b.txt")
    try session.setMode("tool", 0o700)
    try session.remove("link")
    try session.makeSymlink("link", to: "elsewhere")
    try session.write("h1", "through h1\n")
    try session.store?.flush(durable: true)
    try precede(on: session)
    session.close()
    return session
  }

  /// What has happened before the command.
  private func precede(on session: Rehearsal) throws {
    switch self {
    case .merge, .refresh: try session.place.shell("sed -i s/^28$/host/ a.txt")
    case .revert: try run(["apply"], on: session)
    case .undo, .branch: try changeMore(session)
    case .redo:
      try changeMore(session)
      try run(["undo"], on: session)
    case .restore:
      try run(["snapshot", "early"], on: session)
      _ = try session.reopen()
      try changeMore(session)
    case .apply, .part, .inPlace, .discard, .discardPart: break
    }
  }

  /// Another step, which changes again what the first one did, and more.
  private func changeMore(_ session: Rehearsal) throws {
    guard let store = session.store else { throw CrashFailure("the session is closed") }
    let step = store.beginStep(.run)
    try session.write("a.txt", "second\n")
    try session.rename("fresh", "renamed")
    try session.create("renamed/y", "y\n")
    try session.removeTree("src")
    try session.remove("link")
    try session.setMode("tool", 0o755)
    store.endStep(step, status: 0)
    try store.flush(durable: true)
  }

  /// Runs a command that must succeed, which takes the session's lock.
  private func run(_ words: [String], on session: Rehearsal) throws {
    session.close()
    let ended = try cowbox(words, on: session).run()
    guard ended.status == 0 else { throw CrashFailure("no \(words[0]): \(ended.complaint)") }
  }

  /// The built cowbox with some words, on the session.
  package func cowbox(_ words: [String], on session: Rehearsal) -> Command {
    Command(
      [Playground.binary, "--session", Self.session] + words, in: session.place.project,
      environment: Playground.environment.merging(["COWBOX_STATE": session.place.state]) { $1 })
  }
}

/// What went wrong, as a sentence.
package struct CrashFailure: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
