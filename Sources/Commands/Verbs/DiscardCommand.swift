import Linux
import Sessions
import Store

/// `cowbox discard`: throws a session away with everything in it.
enum DiscardCommand {
  static let verb = Verb(
    "discard", .review, "throw the session away, with all its changes",
    details: """
      This can't be undone: the session, its steps and its changes are removed. The project stays as
      it is. A session whose commands run is refused.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let session = try invocation.session()
    guard let catalogue = try invocation.catalogue(), let lock = try session.lockAtRest() else {
      throw Landing.running(session.name)
    }
    try catalogue.remove(session.name)
    try lock.close()
    invocation.say("discarded session \(session.name); '\(session.project.printable)' is as it was")
    return ExitCode.done
  }
}
