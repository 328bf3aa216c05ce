import Linux
import Sessions

/// The tools that move through the session's history.
enum TimeTools {
  static let all = [log, step, undo, redo, snapshot, branch]

  private static let log = Tool(
    "log", "Show the steps", .reads,
    "Shows what happened in the session, step by step, the last one first, with who asked for it.",
    [Schema.integer("limit", "how many steps to show", in: 1...10_000, default: 30)]
  ) { call in
    call.ask("log", [JSON.Member("limit", .int(call.number("limit") ?? 30))]) { answer in
      let steps = answer["steps"]?.array ?? []
      let text = steps.reversed().map(line).joined(separator: "\n")
      call.finishPaged(Array(text.utf8), answer)
    }
  }

  private static func line(_ step: JSON) -> String {
    let words = step["command"]?.array?.compactMap { $0.byteString?.printable } ?? []
    let command = words.joined(separator: " ")
    var text = "\(step["step"]?.int ?? 0)\t\(step["kind"]?.string ?? "")"
    text += "\t" + (step["status"]?.int.map { $0 == 0 ? "ok" : "\($0)" } ?? "-")
    text += "\t" + (command.count > 200 ? command.prefix(200) + "..." : command)
    if let message = step["message"]?.string, !message.isEmpty { text += "\t\(message)" }
    return text
  }

  private static let step = Tool(
    "step", "Begin a step", .changesSession,
    "Lets what follows belong to a new step, with a message for the log.",
    [Schema.string("message", "what the log shall say")]
  ) { call in
    let message = [call.tag, call.text("message") ?? ""].filter { !$0.isEmpty }
      .joined(separator: " ")
    call.ask("step", [JSON.Member("message", .string(message))]) { answer in
      call.finish("step \(answer["step"]?.int ?? 0) begins", answer)
    }
  }

  private static let undo = Tool(
    "undo", "Undo", .changesSession,
    "Takes back the last changes of the session, or goes back to a step or snapshot. 'redo' undoes it.",
    [
      Schema.integer("count", "how many changes to take back", in: 1...1_000_000, default: 1),
      Schema.string("to", "a step's number or a snapshot's name"),
    ]
  ) { call in travel(call) }

  private static let redo = Tool(
    "redo", "Redo", .changesSession, "Brings back what was undone last.",
    [Schema.integer("count", "how many changes to bring back", in: 1...1_000_000, default: 1)]
  ) { call in travel(call) }

  private static func travel(_ call: ToolCall) {
    let params = call.members("count", "to") + [JSON.Member("message", .string(call.tag))]
    call.ask(call.tool.name, params) { answer in
      call.finish("the session is as it was; that is step \(answer["step"]?.int ?? 0) now", answer)
    }
  }

  private static let snapshot = Tool(
    "snapshot", "Name the present", .changesSession,
    "Gives the session's present state a name that 'undo' can go back to.",
    [
      Schema.string("name", "no number", required: true),
      Schema.flag("replace", "move a name that exists"),
    ]
  ) { call in
    let params =
      call.members("name") + [JSON.Member("replacing", .bool(call.flag("replace")))]
    call.ask("snapshot", params) { answer in
      call.finish("'\(call.text("name") ?? "")' is step \(answer["step"]?.int ?? 0)", answer)
    }
  }

  private static let branch = Tool(
    "branch", "Branch", .changesSession,
    """
    Begins another session where this one is, or was at a step. This server goes on in its own; \
    'cowbox mcp --session NAME' serves the other one.
    """,
    [
      Schema.string("name", "the new session's name; one of chance otherwise"),
      Schema.string("from", "a step's number or a snapshot's name; the present otherwise"),
    ]
  ) { call in
    call.ask("branch", call.members("name", "from")) { answer in
      call.finish("session '\(answer["session"]?.string ?? "")' begins there", answer)
    }
  }
}
