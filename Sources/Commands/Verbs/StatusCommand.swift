import Linux
import Sessions
import Store

/// `cowbox status`: where one stands.
enum StatusCommand {
  static let verb = Verb(
    "status", .review, "show where the session stands",
    options: [Invocation.json], act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let session = try invocation.session()
    let (keeper, commands) = try session.runningCommands()
    if invocation.wantsJSON {
      let value: JSON = [
        "session": .string(session.name.text), "project": JSON(session.project),
        "running": .bool(session.isRunning), "keeper": JSON.optional(keeper) { .int($0) },
        "commands": .array(commands.map(\.json)),
      ]
      try invocation.output.line(value.prettyText)
      return ExitCode.done
    }
    let style = invocation.output.style
    try invocation.output.line("session  \(style.bold(session.name.text))")
    try invocation.output.line("project  \(session.project.printable)")
    for command in commands {
      let words = command.words.map(Words.quoted).joined(separator: " ")
      try invocation.output.line("running  \(words)  (began \(Amounts.ago(command.began)))")
    }
    return ExitCode.done
  }
}
