import Apply
import Changes
import Linux
import Sessions
import Store

/// `cowbox status`: where one stands, how it came about, and what to type next.
enum StatusCommand {
  static let verb = Verb(
    "status", .review, "show where the session stands",
    options: [
      Option("walls", "show every wall, up or down, instead"),
      Option("watch", "go on, and say it anew whenever something has changed"), Invocation.json,
    ],
    details: """
      Which session it is, what runs in it, what it changed, where the project has changed in the same
      places meanwhile ('drifted': an apply would conflict there), which steps led here, and what to
      type next. 'cowbox' alone says the same.

      With --watch it stays until Ctrl-C: on a terminal the screen follows the session, elsewhere each
      new state is one more block, or with --json one more line.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let session = try invocation.session()
    if invocation.arguments.has("walls") { return try walls(session, invocation) }
    if invocation.arguments.has("watch") { return try StatusWatch(session, invocation).run() }
    let status = try Status(session, invocation)
    if invocation.wantsJSON {
      try invocation.output.line(status.json.prettyText)
    } else {
      for line in status.lines(invocation.output.style) { try invocation.output.line(line) }
    }
    return ExitCode.done
  }

  /// The walls that stand around a running session, or would around its next command.
  private static func walls(_ session: borrowing StoredSession, _ invocation: Invocation) throws
    -> Int32
  {
    let standing = try session.standingWalls()
    let walls = try standing ?? plannedWalls(of: session.project, invocation)
    if invocation.wantsJSON {
      let head: [JSON.Member] = [
        .init("session", .string(session.name.text)), .init("running", .bool(standing != nil)),
      ]
      try invocation.output.line(JSON.object(head + WallReport.json(walls)).prettyText)
      return ExitCode.done
    }
    let state =
      standing == nil ? "rests; at its next command these would stand" : "is running behind"
    try invocation.output.line("session \(session.name.text) \(state):")
    for line in WallReport.lines(walls, style: invocation.output.style) {
      try invocation.output.line(line)
    }
    return ExitCode.done
  }

  private static func plannedWalls(of path: ByteString, _ invocation: Invocation) throws
    -> StandingWalls
  {
    let project = try Project.named(path, from: path)
    return try WallOptions.usual(for: invocation, project: project)
      .planned(project: project.path, home: invocation.home)
  }
}
