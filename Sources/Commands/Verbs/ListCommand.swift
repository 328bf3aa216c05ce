import Linux
import Sessions
import Store

/// `cowbox list`: the project's sessions, or all.
enum ListCommand {
  static let verb = Verb(
    "list", .care, "list the project's sessions, or all",
    options: [
      Option("all", short: "a", "the sessions of all projects"), Invocation.json,
    ], act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let isAll = invocation.arguments.has("all")
    let project = isAll ? nil : try invocation.project()
    guard let catalogue = try invocation.catalogue() else { return try show([], invocation) }
    let items = try project.map { try catalogue.items(of: $0.path) } ?? catalogue.items()
    return try show(
      items.map { Row(item: $0, isRunning: try StoredSession.open($0, in: catalogue).isRunning) },
      invocation)
  }

  private struct Row {
    let item: Catalogue.Item
    let isRunning: Bool
  }

  private static func show(_ rows: [Row], _ invocation: Invocation) throws -> Int32 {
    if invocation.wantsJSON {
      let sessions = rows.map { row -> JSON in
        [
          "session": .string(row.item.name.text), "project": JSON(row.item.project),
          "running": .bool(row.isRunning), "used": .string(Amounts.machineTime(row.item.used)),
        ]
      }
      try invocation.output.line(JSON.array(sessions).prettyText)
      return ExitCode.done
    }
    var table = Table("SESSION", "STATE", "USED", "PROJECT")
    for row in rows {
      table.add(
        row.item.name.text, row.isRunning ? "running" : "resting", Amounts.ago(row.item.used),
        row.item.project.printable)
    }
    if table.isEmpty {
      invocation.say("no sessions; 'cowbox run -- COMMAND' begins one")
    } else {
      for line in table.lines(style: invocation.output.style) { try invocation.output.line(line) }
    }
    return ExitCode.done
  }
}
