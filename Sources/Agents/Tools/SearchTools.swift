import Linux
import Sessions

/// The tools that find files, and text in them.
enum SearchTools {
  static let all = [glob, grep]

  private static let offset = Schema.integer(
    "offset", "how many results to pass over", in: 0...2_147_483_647, default: 0)

  private static let glob = Tool(
    "glob", "Find files by name", .reads,
    """
    Finds files of the session whose path matches a pattern: '*.swift' anywhere, 'src/**/*.{c,h}' \
    below src. Names that begin with a dot, and .git, are passed over.
    """,
    [
      Schema.string("pattern", "with *, ?, [...], ** and {a,b}", required: true),
      Schema.string("path", "the directory to look in; the project's top otherwise"),
      Schema.flag("hidden", "look at names that begin with a dot, too"), offset,
      Schema.integer("limit", "how many paths to show", in: 1...2000, default: 200),
    ]
  ) { call in
    let params =
      call.members("pattern", "path", "hidden", "offset") + [
        JSON.Member("limit", .int(call.number("limit") ?? 200))
      ]
    call.ask("glob", params) { answer in
      let paths = answer["paths"]?.array?.compactMap(\.byteString) ?? []
      var text = paths.map(\.printable).joined(separator: "\n")
      if paths.isEmpty { text = "[nothing matches]" }
      if let next = answer["next"]?.int { text += "\n[there are more; 'offset': \(next) reads on]" }
      call.finish(text, answer)
    }
  }

  private static let grep = Tool(
    "grep", "Find text in files", .reads,
    """
    Finds lines of the session's text files that match a regular expression. Binary files, .git and \
    names that begin with a dot are passed over.
    """,
    [
      Schema.string(
        "pattern", "an extended regular expression, with \\d \\w \\s \\b", required: true),
      Schema.string("path", "a file, or the directory to look in; the project's top otherwise"),
      Schema.string("glob", "only files whose path matches, as '*.py'"),
      Schema.flag("ignore_case", "let letters match in either case"),
      Schema.flag("fixed", "take the pattern as the text itself"),
      Schema.flag("names_only", "show only which files have a match"),
      Schema.flag("hidden", "look at names that begin with a dot, too"),
      Schema.integer("context", "how many lines to show around each", in: 0...20, default: 0),
      offset, Schema.integer("limit", "how many matches to show", in: 1...1000, default: 100),
    ]
  ) { call in
    let params =
      call.members(
        "pattern", "path", "glob", "ignore_case", "fixed", "names_only", "hidden", "context",
        "offset"
      ) + [JSON.Member("limit", .int(call.number("limit") ?? 100))]
    call.ask("grep", params) { answer in
      let matches = answer["matches"]?.array ?? []
      var text = matches.map(lines).joined(separator: "\n")
      if matches.isEmpty { text = "[no match in \(answer["files"]?.int ?? 0) files]" }
      if let next = answer["next"]?.int { text += "\n[there are more; 'offset': \(next) reads on]" }
      call.finishPaged(
        Array(text.utf8), ["files": answer["files"] ?? 0, "matches": .array(matches)])
    }
  }

  private static func lines(_ match: JSON) -> String {
    if let name = match.byteString { return name.printable }
    let path = match["path"]?.byteString?.printable ?? ""
    let number = match["line"]?.int ?? 0
    func line(_ number: Int64, _ mark: String, _ text: JSON?) -> String {
      "\(path):\(number)\(mark) \(text?.byteString.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "")"
    }
    let before = match["before"]?.array ?? []
    let after = match["after"]?.array ?? []
    let around = before.isEmpty && after.isEmpty
    let all =
      before.enumerated().map { line(number - Int64(before.count - $0.offset), "-", $0.element) }
      + [line(number, ":", match["text"])]
      + after.enumerated().map { line(number + 1 + Int64($0.offset), "-", $0.element) }
    return all.joined(separator: "\n") + (around ? "" : "\n--")
  }
}
