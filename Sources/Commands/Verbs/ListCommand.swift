import Linux
import Sessions
import Store

/// `cowbox list`: the project's sessions, or all.
enum ListCommand {
  static let verb = Verb(
    "list", .care, "list the project's sessions, or all",
    options: [
      Option("all", short: "a", "the sessions of all projects"), Invocation.json,
    ],
    details: """
      SIZE is what removing the session would free; content that branches share is not in it. FROM is
      the session, and its step, from which one was branched.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let isAll = invocation.arguments.has("all")
    let project = isAll ? nil : try invocation.project()
    guard let catalogue = try invocation.catalogue() else { return try show([], invocation) }
    let items = try project.map { try catalogue.items(of: $0.path) } ?? catalogue.items()
    return try show(items.map { try Row($0, catalogue) }, invocation)
  }

  private struct Row {
    let item: Catalogue.Item
    let isRunning: Bool
    let usage: SessionUsage
    let origin: BranchOrigin?

    init(_ item: Catalogue.Item, _ catalogue: borrowing Catalogue) throws {
      self.item = item
      let session = try StoredSession.open(item, in: catalogue)
      isRunning = session.isRunning
      usage = try SessionUsage.measure(session.directory.borrowed)
      // A session that can't be read is listed all the same; 'cowbox fsck' says what it lacks.
      origin = (try? catalogue.origin(of: item.name)) ?? nil
    }

    var json: JSON {
      [
        "session": .string(item.name.text), "project": JSON(item.project),
        "running": .bool(isRunning), "used": .string(Amounts.machineTime(item.used)),
        "bytes": .int(usage.total), "sharedBytes": .int(usage.shared),
        "from": JSON.optional(origin) {
          ["session": .string($0.session), "step": .int($0.step.rawValue)]
        },
      ]
    }
  }

  private static func show(_ rows: [Row], _ invocation: Invocation) throws -> Int32 {
    if invocation.wantsJSON {
      try invocation.output.line(JSON.array(rows.map(\.json)).prettyText)
      return ExitCode.done
    }
    var table = Table("SESSION", "STATE", "USED", "SIZE", "FROM", "PROJECT")
    for row in rows {
      table.add(
        row.item.name.text, row.isRunning ? "running" : "resting", Amounts.ago(row.item.used),
        Amounts.size(row.usage.total),
        row.origin.map { "\($0.session) \($0.step.rawValue)" } ?? "-",
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
