import Linux
import Sessions
import Store

/// `cowbox log`: what happened in a session, step by step.
enum LogCommand {
  static let verb = Verb(
    "log", .time, "show what happened, step by step",
    options: [
      Option("number", short: "n", value: "N", "only the last N steps"), Invocation.json,
    ], act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let limit = try invocation.arguments.number("number", in: 0...1_000_000)
    let session = try invocation.session()
    let steps = try session.read().steps()
    let shown = limit.map { Array(steps.suffix($0)) } ?? steps
    if invocation.wantsJSON {
      let value: JSON = [
        "session": .string(session.name.text), "steps": .array(shown.map(json)),
      ]
      try invocation.output.line(value.prettyText)
    } else {
      for step in shown.reversed() {
        try invocation.output.line(line(step, invocation.output.style))
      }
    }
    return ExitCode.done
  }

  private static func json(_ step: Step) -> JSON {
    [
      "step": .int(step.id.rawValue), "kind": .string(step.kind.rawValue),
      "began": .string(Amounts.machineTime(step.began)),
      "ended": JSON.optional(step.ended) { .string(Amounts.machineTime($0)) },
      "command": .array(step.command.map { JSON($0) }),
      "status": JSON.optional(step.status) { .int(Int64($0)) }, "message": .string(step.message),
    ]
  }

  private static func line(_ step: Step, _ style: Style) -> String {
    let number = style.yellow("\(step.id.rawValue)")
    let words = step.command.map(Words.quoted).joined(separator: " ")
    let told = [words, step.message].filter { !$0.isEmpty }.joined(separator: "  ")
    return "\(number)  \(Amounts.time(step.began))  \(padded(step.kind.rawValue))  "
      + "\(outcome(step, style))  \(told)"
  }

  private static func padded(_ text: String) -> String {
    text + String(repeating: " ", count: max(0, 7 - text.count))
  }

  private static func outcome(_ step: Step, _ style: Style) -> String {
    guard let status = step.status else {
      return step.ended == nil && step.kind != .begin ? style.cyan("..") : " "
    }
    return status == 0 ? style.green("ok") : style.red("\(status)")
  }
}
