import Linux
import Sessions
import Store

/// `cowbox rm`: removes sessions, but no unapplied work unless told so.
enum RemoveCommand {
  static let verb = Verb(
    "rm", .care, "remove sessions that hold nothing unapplied", operands: .any("ID..."),
    options: [Option("abandon", "also those with unapplied changes, which are lost")],
    details: "A session with unapplied changes is refused with exit status 4.", act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    guard !invocation.operands.isEmpty, let catalogue = try invocation.catalogue() else {
      throw Failure.usage("'rm' needs the id of a session that exists")
    }
    for word in invocation.operands {
      let session = try StoredSession.open(catalogue.find(word.printable), in: catalogue)
      guard let lock = try session.lockAtRest() else { throw Landing.running(session.name) }
      if !invocation.arguments.has("abandon") { try refuseUnapplied(session) }
      try catalogue.remove(session.name)
      try lock.close()
      invocation.say("removed session \(session.name)")
    }
    return ExitCode.done
  }

  private static func refuseUnapplied(_ session: borrowing StoredSession) throws {
    switch UnappliedWork(in: session) {
    case .none: return
    case .unknown(let words):
      throw Failure(
        "cannot tell what session \(session.name) holds: \(words)",
        hint: "'--abandon' removes it all the same", code: ExitCode.unapplied)
    case .some:
      throw Failure(
        "session \(session.name) has changes that were not applied",
        hint: "'cowbox apply --session \(session.name)' takes them, '--abandon' loses them",
        code: ExitCode.unapplied)
    }
  }
}
