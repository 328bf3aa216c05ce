import Linux
import Sessions

/// The tools that show what changed and decide on it.
enum ReviewTools {
  static let all = [status, diff, network, apply, discard]

  private static let paths = Schema.strings("paths", "only these files, directories or patterns")

  private static let status = Tool(
    "status", "Where the session stands", .reads,
    "Shows the session, the commands that run in it, and how much it has changed.", []
  ) { call in
    call.ask("status", []) { status in
      call.ask("diff", [JSON.Member("format", "stat")]) { diff in
        let changes = diff["text"]?.byteString.map { String(decoding: $0.bytes, as: UTF8.self) }
        var text = "session \(status["session"]?.string ?? "")\n"
        text += "project \(status["project"]?.byteString?.printable ?? "")\n"
        text += "step \(status["step"]?.int ?? 0)\n"
        for command in status["commands"]?.array ?? [] {
          let words = command["words"]?.array?.compactMap { $0.byteString?.printable } ?? []
          text += "running \(words.joined(separator: " "))\n"
        }
        text += changes.map { $0.isEmpty ? "nothing has changed" : $0 } ?? ""
        call.finishPaged(Array(text.utf8), status)
      }
    }
  }

  private static let diff = Tool(
    "diff", "Show what changed", .reads,
    "Shows how the session differs from the project: a patch as git writes it, a summary, or names.",
    [
      Schema.word(
        "format", "patch, stat (counts of lines) or names", of: ["patch", "stat", "names"]),
      paths, Schema.integer("context", "lines around each change", in: 0...10_000, default: 3),
    ]
  ) { call in
    let params =
      call.members("paths", "context") + [
        JSON.Member("format", .string(call.text("format") ?? "patch"))
      ]
    call.ask("diff", params) { answer in
      var bytes = answer["text"]?.byteString?.bytes ?? []
      if call.text("format") == "names" { bytes = readable(bytes) }
      call.finishPaged(bytes.isEmpty ? Array("nothing has changed".utf8) : bytes)
    }
  }

  /// Names that end with NUL, a line each; letter and name of a change belong together.
  private static func readable(_ bytes: [UInt8]) -> [UInt8] {
    var (text, isLetter): ([UInt8], Bool) = ([], true)
    var left = 0
    for part in bytes.split(separator: 0) {
      if isLetter {
        // A rename has two names behind its letter.
        left = part.first == UInt8(ascii: "R") ? 2 : 1
        text += part.prefix(1)
      } else {
        text += "\t".utf8
        text += ByteString(part).printable.utf8
        left -= 1
      }
      isLetter = left == 0
      if isLetter { text.append(UInt8(ascii: "\n")) }
    }
    return text
  }

  private static let network = Tool(
    "network", "What the network refused", .reads,
    """
    Shows which names the walls refused, and the line of a profile that would allow each. It opens \
    nothing by itself: a person has to add the line and to begin another session.
    """, []
  ) { call in
    call.ask("status", []) { status in
      let refused = status["refusedNames"]?.array ?? []
      let names = refused.compactMap { $0["name"]?.string }
      var text =
        "nothing was refused by name; without a list of names, the network is all or nothing"
      if !names.isEmpty {
        text = refused.map {
          "\($0["name"]?.string ?? ""), asked for \($0["count"]?.int ?? 0) times"
        }.joined(separator: "\n")
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        text += "\n\nA person may allow them in a profile of the user's:\n\n[network]\n"
        text += "mode = \"allow\"\nallow = [\(list)]\n\nor for one run: "
        text += names.map { "--allow-net \($0)" }.joined(separator: " ")
      }
      call.finish(text, ["refused": .array(refused)])
    }
  }

  private static let apply = Tool(
    "apply", "Apply to the project", .changesProject,
    """
    Makes the session's changes real in the project: all that is meant or nothing. Conflicts with \
    what the project has become stop it. No command may run meanwhile.
    """,
    [
      paths, Schema.string("diff", "only if the difference still has this id"),
      Schema.flag("dry_run", "check and show, write nothing"),
    ]
  ) { call in
    call.ask("apply", call.members("paths", "diff", "dry_run")) { answer in
      call.finish(answer.prettyText, answer)
    }
  }

  private static let discard = Tool(
    "discard", "Discard changes", .changesProject,
    "Throws changes of the session away, those of some paths or all of them. It can't be undone.",
    [paths, Schema.flag("all", "throw the whole session away")]
  ) { call in
    call.ask("discard", call.members("paths", "all")) { _ in call.finish("discarded", [:]) }
  }
}
