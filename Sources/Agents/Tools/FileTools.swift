import Linux
import Sessions

/// The tools that read and change files of the session.
enum FileTools {
  static let all = [read, write, edit, list, remove, rename]

  private static let path = Schema.string(
    "path", "absolute, or from the project's top directory", required: true)

  private static let read = Tool(
    "read", "Read a file", .reads,
    "Reads a text file as the session has it, by lines. Long files come in pages: 'first' says where.",
    [
      path, Schema.integer("first", "the first line to show", in: 1...2_147_483_647, default: 1),
      Schema.integer("lines", "how many lines to show", in: 1...100_000, default: 2000),
      Schema.flag("numbers", "put its number before each line"),
    ]
  ) { call in
    var params = call.members("path", "first")
    params.append(JSON.Member("count", .int(call.number("lines") ?? 2000)))
    params.append(JSON.Member("limit", .int(Int64(Pages.size * 2))))
    call.ask("lines", params) { answer in
      guard let text = answer["data"]?.string else {
        return call.fail(
          ProtocolError(
            .file, "'\(call.text("path") ?? "")' is no UTF-8 text",
            hint: "run a program that shows it, such as 'xxd' or 'file'"))
      }
      let first = answer["first"]?.int ?? 1
      let next = answer["next"]?.int
      var shown = call.flag("numbers") ? numbered(text, from: first) : text
      if let next {
        shown += "\n[lines \(first) to \(next - 1); 'first': \(next) reads on]"
      }
      if answer["cut"]?.bool == true {
        shown += "\n[the line is longer than what is shown]"
      }
      call.finish(
        shown,
        [
          "first": .int(first), "lines": answer["count"] ?? 0,
          "next": JSON.optional(next) { .int($0) },
          "size": answer["size"] ?? 0,
        ])
    }
  }

  private static func numbered(_ text: String, from first: Int64) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
    return lines.enumerated().map { "\(first + Int64($0.offset))\t\($0.element)" }
      .joined(separator: "\n")
  }

  private static let write = Tool(
    "write", "Write a file", .changesSession,
    "Writes a file of the session, and the directories above it. It is a step of its own.",
    [
      path, Schema.string("content", "all that it shall hold", required: true, nonempty: false),
      Schema.word(
        "mode", "replace what is there, append to it, or create a file that is not there",
        of: ["replace", "append", "create"]),
    ]
  ) { call in
    let params =
      call.members("path", "mode") + [
        JSON.Member("data", call.arguments["content"] ?? ""), JSON.Member("parents", true),
        JSON.Member("message", .string(call.tag)),
      ]
    call.ask("write", params) { answer in
      call.finish(
        "wrote '\(call.text("path") ?? "")', which has \(answer["size"]?.int ?? 0) bytes now",
        answer)
    }
  }

  private static let edit = Tool(
    "edit", "Edit a file", .changesSession,
    """
    Replaces text in a file of the session. The old text must be in it exactly once, every space and \
    line end counts, unless 'all' is true. It is a step of its own.
    """,
    [
      path, Schema.string("old", "the text that is there", required: true),
      Schema.string("new", "what takes its place", required: true, nonempty: false),
      Schema.flag("all", "replace it wherever it is"),
    ]
  ) { call in
    let params =
      call.members("path") + [
        JSON.Member("edits", [.object(call.members("old", "new", "all"))]),
        JSON.Member("message", .string(call.tag)),
      ]
    call.ask("edit", params) { answer in
      let count = answer["replacements"]?.int ?? 0
      call.finish(
        "'\(call.text("path") ?? "")': \(count) \(count == 1 ? "place" : "places") changed", answer)
    }
  }

  private static let list = Tool(
    "list", "List a directory", .reads,
    "Lists a directory of the session: kind, size and name of each entry.",
    [
      Schema.string("path", "absolute, or from the project's top directory, which it is otherwise"),
      Schema.integer("offset", "how many entries to pass over", in: 0...2_147_483_647, default: 0),
      Schema.integer("limit", "how many entries to show", in: 1...2000, default: 500),
    ]
  ) { call in
    let params =
      call.members("path", "offset") + [JSON.Member("limit", .int(call.number("limit") ?? 500))]
    call.ask("list", params) { answer in
      let entries = answer["entries"]?.array ?? []
      var text = entries.map(line).joined(separator: "\n")
      if entries.isEmpty { text = "[nothing]" }
      if let next = answer["next"]?.int {
        text += "\n[of \(answer["total"]?.int ?? 0) entries; 'offset': \(next) reads on]"
      }
      call.finish(text, answer)
    }
  }

  private static func line(_ entry: JSON) -> String {
    let name = entry["name"]?.byteString?.printable ?? ""
    let kind = entry["kind"]?.string ?? ""
    switch kind {
    case "file": return "file       \(entry["size"]?.int ?? 0)\t\(name)"
    case "symlink": return "symlink    \t\(name) -> \(entry["target"]?.byteString?.printable ?? "")"
    default: return kind + String(repeating: " ", count: max(1, 11 - kind.count)) + "\t\(name)"
    }
  }

  private static let remove = Tool(
    "remove", "Remove a file", .changesSession,
    "Removes a file or directory of the session. It is a step of its own; 'undo' brings it back.",
    [path, Schema.flag("recursive", "remove a directory with all that is in it")]
  ) { call in
    let params = call.members("path", "recursive") + [JSON.Member("message", .string(call.tag))]
    call.ask("remove", params) { _ in call.finish("removed '\(call.text("path") ?? "")'", [:]) }
  }

  private static let rename = Tool(
    "rename", "Rename a file", .changesSession,
    "Gives a file or directory of the session another name or place. It is a step of its own.",
    [
      Schema.string("from", "what it is called", required: true),
      Schema.string("to", "what it shall be called", required: true),
    ]
  ) { call in
    let params =
      call.members("from", "to") + [
        JSON.Member("replace", false), JSON.Member("message", .string(call.tag)),
      ]
    call.ask("rename", params) { _ in
      call.finish("'\(call.text("from") ?? "")' is '\(call.text("to") ?? "")' now", [:])
    }
  }
}
