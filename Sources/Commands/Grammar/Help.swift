/// The texts of help, made from the table of verbs.
enum Help {
  /// What `cowbox help` shows.
  static func overview(style: Style) -> String {
    var text = """
      cowbox runs any command on a project without risk: what it changes lands in a session,
      to be reviewed, applied or thrown away.

      \(style.bold("Usage:")) cowbox COMMAND [OPTION...] [ARGUMENT...]

          cowbox run -- npm test     the project is untouched; what changed is in the session
          cowbox diff                what exactly changed
          cowbox apply               take it
          cowbox discard             or throw it away

      """
    let width = Verbs.all.map(\.name.count).max() ?? 0
    for group in Verb.Group.allCases {
      let verbs = Verbs.all.filter { $0.group == group }
      if verbs.isEmpty { continue }
      text += "\n\(style.bold(group.rawValue + ":"))\n"
      for verb in verbs { text += "    \(padded(verb.name, width))  \(verb.summary)\n" }
    }
    return text + "\n'cowbox help COMMAND' says more about one.\n"
  }

  /// What `cowbox help COMMAND` shows.
  static func page(for verb: Verb, style: Style) -> String {
    var text =
      "cowbox \(verb.name): \(verb.summary)\n\n\(style.bold("Usage:")) \(folded(verb.usage))\n"
    if !verb.options.isEmpty { text += section("Options", verb.options, style) }
    text += section("Options of every command", GlobalOptions.all, style)
    if !verb.details.isEmpty { text += "\n\(verb.details)\n" }
    return text
  }

  /// Usage of many ways, with the ways below each other where a line can't hold them.
  private static func folded(_ usage: String) -> String {
    guard usage.count > 80 else { return usage }
    let ways = usage.split(separator: " | ")
    return ways.joined(separator: "\n" + String(repeating: " ", count: 10) + "| ")
  }

  private static func section(_ title: String, _ options: [Option], _ style: Style) -> String {
    let width = min(28, options.map(\.spelling.count).max() ?? 0)
    var text = "\n\(style.bold(title + ":"))\n"
    for option in options {
      let spelling = option.spelling
      var lines = wrapped(option.summary, to: 94 - width)[...]
      let first = spelling.count > width ? "" : lines.popFirst() ?? ""
      text += "    \(padded(spelling, width))  \(first)".trimmed + "\n"
      for line in lines { text += "    \(padded("", width))  \(line)\n" }
    }
    return text
  }

  /// Words in lines of at most so many characters.
  private static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = [""]
    for word in text.split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

extension String {
  /// Without spaces at its end.
  fileprivate var trimmed: Substring {
    var rest = self[...]
    while rest.last == " " { rest.removeLast() }
    return rest
  }
}
