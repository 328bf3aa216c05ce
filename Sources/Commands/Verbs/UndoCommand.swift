import Linux
import Sessions
import Store

/// `cowbox undo`, `redo` and `restore`: back and forth between the states of a session.
enum UndoCommand {
  static let undo = Verb(
    "undo", .time, "take back the last change of the session, or the last N",
    operands: .any("[N]"),
    options: [Option("to", value: "STEP", "go back to a step or snapshot")],
    details: """
      Undo is a step of its own, so nothing is ever lost: 'redo' takes it back. Steps that changed
      nothing are passed over. It works while commands run: what they have open stays as it was.
      """
  ) { invocation in
    let session = try invocation.session()
    return try go(to: undone(session, invocation), as: .undo, session, invocation)
  }

  /// Where undo leads; the reading ends here, or it would hold up the writing.
  private static func undone(_ session: borrowing StoredSession, _ invocation: Invocation) throws
    -> StepID
  {
    let timeline = try Timeline(session.read())
    let count = try number(invocation)
    let target: StepID
    if let word = try invocation.arguments.text("to") {
      target = try timeline.reader.step(named: word)
    } else if let found = timeline.back(count) {
      target = found
    } else {
      throw Failure("there is nothing to undo")
    }
    if timeline.appliedSince(target) {
      invocation.say(
        "some of what is undone was applied to the project, where it stays; 'cowbox diff' shows it")
    }
    return target
  }

  static let redo = Verb(
    "redo", .time, "bring back what was undone last", operands: .any("[N]")
  ) { invocation in
    let session = try invocation.session()
    guard let target = try Timeline(session.read()).forward(number(invocation)) else {
      throw Failure("there is nothing to redo")
    }
    return try go(to: target, as: .redo, session, invocation)
  }

  static let restore = Verb(
    "restore", .time, "bring back a snapshot or any step", operands: .any("SNAPSHOT|STEP")
  ) { invocation in
    guard let word = invocation.operands.first, invocation.operands.count == 1 else {
      throw Failure.usage("'restore' needs one snapshot or step")
    }
    let session = try invocation.session()
    let target = try session.read().step(named: word.printable)
    return try go(to: target, as: .restore, session, invocation)
  }

  private static func number(_ invocation: Invocation) throws -> Int {
    guard let word = invocation.operands.first else { return 1 }
    guard invocation.operands.count == 1, let number = word.string.flatMap(Int.init), number > 0
    else {
      throw Failure.usage("'\(word.printable)' is no number of changes")
    }
    return number
  }

  private static func go(
    to target: StepID, as kind: Step.Kind, _ session: borrowing StoredSession,
    _ invocation: Invocation
  ) throws -> Int32 {
    let step = try session.perform(
      .restore(target, as: kind, message: "to step \(target.rawValue)"))
    invocation.say(
      "session \(session.name) is as it was at step \(target.rawValue) (now step \(step.rawValue))")
    return ExitCode.done
  }
}
