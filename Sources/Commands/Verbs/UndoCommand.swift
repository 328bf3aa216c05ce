import Changes
import Linux
import Sessions
import Store

/// `cowbox undo`, `redo` and `restore`: back and forth between the states of a session.
enum UndoCommand {
  static let undo = Verb(
    "undo", .time, "take back the last change of the session, the last N, or that of some paths",
    operands: .any("[N | PATH...]"),
    options: [
      Option("to", value: "STEP", "go back to a step or snapshot"), Review.option, LiveUndo.force,
    ],
    details: """
      Undo is a step of its own, so nothing is ever lost: 'redo' takes it back. Steps that changed
      nothing are passed over. It works while commands run: what they have open stays as it was.

      With paths only they go back: to what they were before the last step that changed any of them,
      or to what they were at --to. Such an undo is taken back by 'undo'. A path that looks like a
      number is written './7'.

          cowbox undo 2
          cowbox undo src/main.c docs --to good
      """
  ) { invocation in
    let session = try invocation.session()
    if session.isLive { return try LiveUndo.go(session, try number(invocation), invocation) }
    try LiveUndo.refuseForce(invocation)
    if let first = invocation.operands.first, first.string.flatMap(Int.init) == nil {
      return try undoPaths(session, invocation)
    }
    return try go(to: undone(session, invocation), as: .undo, session, invocation)
  }

  private static func undoPaths(_ session: borrowing StoredSession, _ invocation: Invocation) throws
    -> Int32
  {
    let (target, paths) = try pathsUndone(session, invocation)
    let words = invocation.operands.map(Words.quoted).joined(separator: " ")
    let step = try session.perform(
      .restore(target, as: .undo, message: Step.message(of: words, to: target), only: paths))
    invocation.say(
      "\(words) \(paths.count == 1 ? "is" : "are") as at step \(target.rawValue) in session "
        + "\(session.name) (now step \(step.rawValue))")
    return ExitCode.done
  }

  /// The step that the paths go back to; the reading ends here, or it would hold up the writing.
  private static func pathsUndone(
    _ session: borrowing StoredSession, _ invocation: Invocation
  ) throws -> (StepID, [RestoredPath]) {
    let timeline = try Timeline(session.read())
    let reader = timeline.reader
    let root = try Review.root(invocation.arguments.text("root"), of: reader.roots)
    let paths = try invocation.operands.map { try Selecting.path($0, root.path, invocation) }
    let target: StepID
    if let word = try invocation.arguments.text("to") {
      target = try reader.step(named: word)
    } else {
      target = try stepBefore(paths, timeline, root)
    }
    warnOfApply(timeline, target, invocation)
    return (target, paths.map { RestoredPath(root: root.id, path: $0) })
  }

  /// The state before the last one that changed any of the paths, or something below.
  private static func stepBefore(_ paths: [ByteString], _ timeline: Timeline, _ root: Root) throws
    -> StepID
  {
    let files = try Review.open(root)
    let lower = LowerTree(files.borrowed)
    let (past, history) = (timeline.past, try timeline.reader.history())
    // What was brought back already is passed over, down to what it was brought back from.
    var limit = past.count
    for place in past.indices.dropFirst().reversed() where place < limit {
      let plan = try Plan(
        history, from: past[place - 1], to: past[place], reader: timeline.reader,
        root: root, lower: lower)
      let isAbout = plan.changes.contains { change in
        [change.path, change.origin].contains { path in
          paths.contains { path?.isWithin($0) ?? false }
        }
      }
      guard isAbout else { continue }
      guard let former = timeline.step(past[place])?.restoredPathsTo else { return past[place - 1] }
      limit = (past.lastIndex { $0 <= former } ?? 0) + 1
    }
    let names = paths.map { "'\($0.printable)'" }.joined(separator: " or ")
    throw Failure(
      "there is nothing to undo in \(names)", hint: "'cowbox log PATH' shows what changed a path")
  }

  /// What was applied stays in the project; the session only forgets that it made it.
  private static func warnOfApply(
    _ timeline: Timeline, _ target: StepID, _ invocation: Invocation
  ) {
    guard timeline.appliedSince(target) else { return }
    invocation.say(
      "some of what is undone was applied to the project, where it stays; 'cowbox diff' shows it, "
        + "'cowbox revert' takes an apply back")
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
    } else if let found = try timeline.back(count) {
      target = found
    } else {
      throw Failure("there is nothing to undo")
    }
    warnOfApply(timeline, target, invocation)
    return target
  }

  static let redo = Verb(
    "redo", .time, "bring back what was undone last", operands: .any("[N]"),
    options: [LiveUndo.force]
  ) { invocation in
    let session = try invocation.session()
    if session.isLive {
      return try LiveUndo.go(session, try number(invocation), forward: true, invocation)
    }
    try LiveUndo.refuseForce(invocation)
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
