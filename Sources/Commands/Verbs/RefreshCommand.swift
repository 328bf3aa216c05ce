import Apply
import Changes
import Linux
import Sessions
import Store

/// `cowbox refresh`: brings a session up to what the project has become.
enum RefreshCommand {
  static let verb = Verb(
    "refresh", .review, "bring the session up to what the project is now",
    options: [
      Option("dry-run", short: "n", "show what would be merged and what is in conflict"),
      Resolving.options[1], Resolving.options[2], Review.option, Invocation.json,
    ],
    details: """
      What only the project changed is seen in the session anyway. Where both changed the same text
      file, the two are merged into the session's; what can't be merged is listed, and the exit
      status is 3. The project is not written. 'cowbox undo' takes a refresh back.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let session = try invocation.session()
    let application = try Landing(session, root: invocation.arguments.text("root")).application
    let resolution = try Resolving.resolution(invocation, root: application.root.path)
    let isTrial = invocation.arguments.has("dry-run")
    let refreshed = try application.refresh(resolution, isTrial: isTrial)
    if invocation.wantsJSON { try writeJSON(refreshed, session.name, invocation) }
    for (path, hasMarkers) in refreshed.merged.sorted(by: { $0.key < $1.key }) {
      let verb = isTrial ? "would merge" : "merged"
      invocation.say(
        "\(verb) '\(path.printable)'" + (hasMarkers ? "; look for the markers in it" : ""))
    }
    guard refreshed.conflicts.isEmpty else {
      throw Failure(
        ([sentence(refreshed)] + Resolving.table(of: refreshed.conflicts))
          .joined(separator: "\n          "),
        hint: "decide with '--take mine', '--take theirs' or '--markers', or change one side",
        code: ExitCode.conflict)
    }
    invocation.say(
      isTrial ? "nothing is in conflict" : "session \(session.name) knows the project as it is now")
    return ExitCode.done
  }

  private static func sentence(_ refreshed: Refreshed) -> String {
    let count = Amounts.count(refreshed.conflicts.count, "place is", "places are")
    return "\(count) in conflict with the project:"
  }

  private static func writeJSON(
    _ refreshed: Refreshed, _ name: SessionName, _ invocation: Invocation
  ) throws {
    let value: JSON = [
      "schema": "cowbox-refresh-1", "session": .string(name.text),
      "known": .int(Int64(refreshed.known)),
      "merged": .array(refreshed.merged.keys.sorted().map { JSON($0) }),
      "forgotten": .array(refreshed.forgotten.sorted().map { JSON($0) }),
      "conflicts": .array(refreshed.conflicts.map(\.json)),
    ]
    try invocation.output.line(value.prettyText)
  }
}
