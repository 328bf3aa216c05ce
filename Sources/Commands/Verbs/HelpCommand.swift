/// `cowbox help`: what there is, or all about one command.
enum HelpCommand {
  static let verb = Verb(
    "help", .about, "show all commands, or one", operands: .any("[COMMAND]"),
    options: [
      Option("manual", "print the page of the manual, in mdoc(7)"),
      Option("names", "print the names of all commands"),
    ], act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let style = invocation.output.style
    if invocation.arguments.has("names") {
      for verb in Verbs.all { try invocation.output.line(verb.name) }
    } else if let name = invocation.operands.first, invocation.arguments.has("manual") {
      try invocation.output.write(Manual.page(for: Verbs.named(name)))
    } else if invocation.arguments.has("manual") {
      try invocation.output.write(Manual.overview())
    } else if let name = invocation.operands.first {
      try invocation.output.write(Help.page(for: Verbs.named(name), style: style))
    } else {
      try invocation.output.write(Help.overview(style: style))
    }
    return ExitCode.done
  }
}
