import Apply
import Changes
import Linux
import Sessions
import Store

/// `cowbox discard`: throws a session away with everything in it.
enum DiscardCommand {
  static let verb = Verb(
    "discard", .review, "throw the session away, or the changes of some paths",
    operands: Selecting.operands, options: Selecting.options + Choosing.options + [Review.option],
    details: """
      This can't be undone: the session, its steps and its changes are removed. The project stays as
      it is. A session whose commands run is refused.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let session = try invocation.session()
    let arguments = invocation.arguments
    if Selecting.isGiven(invocation) || Choosing.isGiven(invocation) || arguments.has("root") {
      return try discardPart(session, invocation)
    }
    guard let catalogue = try invocation.catalogue(), let lock = try session.lockAtRest() else {
      throw Landing.running(session.name)
    }
    try catalogue.remove(session.name)
    try lock.close()
    invocation.say("discarded session \(session.name); '\(session.project.printable)' is as it was")
    return ExitCode.done
  }

  private static func discardPart(_ session: borrowing StoredSession, _ invocation: Invocation)
    throws -> Int32
  {
    let chosen =
      Choosing.isGiven(invocation) ? try Choosing(session, for: .discarding, invocation) : nil
    let landing = try Landing(session, root: invocation.arguments.text("root"))
    let plan = try landing.application.plan()
    let contents = try landing.application.contents()
    let part =
      try chosen?.part(of: plan, id: plan.id(contents), for: .discarding)
      ?? Selecting.part(
        of: plan, for: .discarding, landing.application.reader(), invocation)
    guard !part.isEmpty else {
      invocation.say("nothing was discarded")
      return ExitCode.done
    }
    let tally = try Tally(part, contents)
    try landing.application.discard(part)
    invocation.say("discarded \(tally.words) of session \(session.name)")
    return ExitCode.done
  }
}
