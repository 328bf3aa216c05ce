/// The manual's pages on commands, made from the table of verbs.
enum Manual {
  /// The page cowbox-VERB(1).
  static func page(for verb: Verb) -> String {
    var text = """
      .\\" Made from the table of commands: 'make manual' writes it anew.
      .Dd November 21, 2026
      .Dt COWBOX-\(verb.name.uppercased()) 1
      .Os
      .Sh NAME
      .Nm cowbox-\(verb.name)
      .Nd \(escaped(verb.summary))
      .Sh SYNOPSIS
      .Nm cowbox \(verb.name)

      """
    if !verb.options.isEmpty { text += ".Op Ar option ...\n" }
    if !verb.operands.spelling.isEmpty { text += "\(escaped(verb.operands.spelling))\n" }
    text += ".Sh DESCRIPTION\n"
    text += verb.details.isEmpty ? escaped(sentence(verb.summary)) + "\n" : paragraphs(verb.details)
    text += list(verb.options, title: "The options are:")
    text += list(GlobalOptions.all, title: "Every command takes these too:")
    return text + verb.appendix + ".Sh SEE ALSO\n.Xr cowbox 1\n"
  }

  static func sentence(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst() + "."
  }

  private static func list(_ options: [Option], title: String) -> String {
    guard !options.isEmpty else { return "" }
    var text = ".Pp\n\(title)\n.Bl -tag -width indent\n"
    for option in options {
      let short = option.short.map { "Fl \($0) , " } ?? ""
      let value = option.value.map { " Ar \(escaped($0))" } ?? ""
      let name = option.name.split(separator: "-").joined(separator: "\\-")
      text += ".It \(short)Fl \\-\(name)\(value)\n\(escaped(sentence(option.summary)))\n"
    }
    return text + ".El\n"
  }

  /// Paragraphs are apart by empty lines; indented lines are commands.
  private static func paragraphs(_ text: String) -> String {
    var (made, isLiteral) = ("", false)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("    ") != isLiteral, !line.isEmpty {
        made += isLiteral ? ".Ed\n" : ".Bd -literal -offset indent\n"
        isLiteral.toggle()
      } else if line.isEmpty, !isLiteral {
        continue
      }
      made += isLiteral ? escaped(String(line.dropFirst(4))) : sentences(line)
      made += "\n"
    }
    return made + (isLiteral ? ".Ed\n" : "")
  }

  /// Each sentence on a line of its own, as mdoc wants it.
  private static func sentences(_ line: Substring) -> String {
    line.split(separator: ". ").map { escaped(String($0)) }.joined(separator: ".\n")
  }

  /// Text that roff takes as it is: no control lines, no escapes.
  static func escaped(_ text: String) -> String {
    let plain = text.split(separator: "\\", omittingEmptySubsequences: false)
      .joined(separator: "\\e")
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
  }
}
