import Apply
import Changes
import Linux
import Sessions
import Store

/// `cowbox apply`: makes the session's changes real, all or nothing.
enum ApplyCommand {
  static let verb = Verb(
    "apply", .review, "make the changes real: all of them or nothing",
    operands: Selecting.operands,
    options: Selecting.options + [
      Option("dry-run", short: "n", "check and show, write nothing"),
      Option("diff", value: "ID", "only if the difference is the one that was reviewed"),
      Review.option, Invocation.json,
    ],
    details: """
      Nothing is written where anything conflicts with what the project has become meanwhile; then the
      exit status is 3. An apply that is killed at any moment is finished or taken back by the next
      command. 'cowbox diff --id' prints the id that --diff takes.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let session = try invocation.session()
    let landing = try Landing(session, root: invocation.arguments.text("root"))
    let application = landing.application
    try application.recover()
    let whole = try application.plan()
    let contents = try application.contents()
    let id = try whole.id(contents)
    let plan = try Selecting.part(of: whole, for: .applying, invocation)
    if let reviewed = try invocation.arguments.text("diff"), !matches(reviewed, id) {
      throw Failure(ApplyError.planMoved(reviewed: reviewed, now: id))
    }
    let conflicts = try application.check(plan)
    guard conflicts.isEmpty else { throw Failure(ApplyError.conflicts(conflicts)) }
    let tally = try Tally(plan, contents)
    if invocation.arguments.has("dry-run") { return try show(plan, contents, invocation) }
    do { try application.run(plan) } catch let error as ApplyError { throw Failure(error) }
    for refusal in application.refusals { invocation.say(refusal) }
    try report(tally, plan, id, session.name, invocation)
    return ExitCode.done
  }

  /// A beginning of at least eight digits suffices.
  private static func matches(_ reviewed: String, _ id: String) -> Bool {
    reviewed == id || (reviewed.count >= 8 && id.hasPrefix(reviewed))
  }

  private static func show(_ plan: Plan, _ contents: ContentReader, _ invocation: Invocation)
    throws -> Int32
  {
    let output = invocation.output
    let sink = TextSink { bytes in try output.write(bytes) }
    if invocation.wantsJSON {
      try JSONText(plan, contents).write(to: sink)
    } else {
      try NameLists(plan, contents).write(.nameStatus, to: sink)
    }
    try sink.finish()
    invocation.say(
      plan.isEmpty ? "there is nothing to apply" : "nothing conflicts; nothing was written")
    return ExitCode.done
  }

  private static func report(
    _ tally: Tally, _ plan: Plan, _ id: String, _ name: SessionName, _ invocation: Invocation
  ) throws {
    if invocation.wantsJSON {
      let value: JSON = [
        "session": .string(name.text), "diff": .string(id), "applied": .bool(!plan.isEmpty),
        "changes": tally.json,
      ]
      try invocation.output.line(value.prettyText)
    } else if plan.isEmpty {
      invocation.say("there is nothing to apply")
    } else {
      invocation.say("applied \(tally.words) to '\(plan.root.path.printable)'")
    }
  }
}

extension Tally {
  /// "2 files added, 1 changed, 1 deleted, +10 -3 lines".
  var words: String {
    let counts = [
      (added, "added"), (modified, "changed"), (deleted, "deleted"), (renamed, "renamed"),
    ].filter { $0.0 > 0 }
    let files = counts.enumerated().map { index, count in
      index == 0
        ? "\(Amounts.count(count.0, "file")) \(count.1)" : "\(count.0) \(count.1)"
    }
    let lines = addedLines + deletedLines > 0 ? ["+\(addedLines) -\(deletedLines) lines"] : []
    return (files.isEmpty ? ["changes"] : files + lines).joined(separator: ", ")
  }

  /// The same for programs.
  var json: JSON {
    [
      "added": .int(Int64(added)), "modified": .int(Int64(modified)),
      "deleted": .int(Int64(deleted)), "renamed": .int(Int64(renamed)),
      "addedLines": .int(Int64(addedLines)), "deletedLines": .int(Int64(deletedLines)),
    ]
  }
}
