import Linux
import Sessions
import Store

/// `cowbox snapshot`, `snapshots` and `step`: names and boundaries in a session's history.
enum SnapshotCommand {
  static let snapshot = Verb(
    "snapshot", .time, "give the session's present state a name", operands: .any("NAME"),
    options: [Option("force", short: "f", "move a name that exists")]
  ) { invocation in
    guard let word = invocation.operands.first, invocation.operands.count == 1 else {
      throw Failure.usage("'snapshot' needs one name", hint: "cowbox snapshot NAME")
    }
    guard let name = word.string else {
      throw Failure.usage("a snapshot's name must be UTF-8, not '\(word.printable)'")
    }
    let session = try invocation.session()
    let step = try session.perform(
      .snapshot(name, replacing: invocation.arguments.has("force")))
    invocation.say("snapshot '\(name)' is step \(step.rawValue) of session \(session.name)")
    return ExitCode.done
  }

  static let snapshots = Verb(
    "snapshots", .time, "list the session's snapshots", options: [Invocation.json]
  ) { invocation in
    let marks = try invocation.session().read().marks()
    if invocation.wantsJSON {
      let values = marks.map { mark -> JSON in
        [
          "name": .string(mark.name), "step": .int(mark.step.rawValue),
          "made": .string(Amounts.machineTime(mark.made)),
        ]
      }
      try invocation.output.line(JSON.array(values).prettyText)
      return ExitCode.done
    }
    var table = Table("SNAPSHOT", "STEP", "MADE")
    for mark in marks { table.add(mark.name, "\(mark.step.rawValue)", Amounts.time(mark.made)) }
    if table.isEmpty { invocation.say("no snapshots; 'cowbox snapshot NAME' makes one") }
    for line in table.isEmpty ? [] : table.lines(style: invocation.output.style) {
      try invocation.output.line(line)
    }
    return ExitCode.done
  }

  static let step = Verb(
    "step", .time, "let what follows belong to a new step",
    options: [Option("message", short: "m", value: "TEXT", "what the log says about it")]
  ) { invocation in
    let message = try invocation.arguments.text("message") ?? ""
    let step = try invocation.session().perform(.boundary(message: message))
    invocation.say("step \(step.rawValue) begins")
    return ExitCode.done
  }
}
