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
    options: Selecting.options + Choosing.options + [
      Option("dry-run", short: "n", "check and show, write nothing"),
      Option("diff", value: "ID", "only if the difference is the one that was reviewed"),
    ] + Resolving.options + [
      Option("in-place", "write changed files into the inodes that the project has"),
      Copy.option, RiskGate.option, Review.option, Invocation.json,
    ],
    details: """
      Nothing is written where anything conflicts with what the project has become meanwhile; then the
      exit status is 3. An apply that is killed at any moment is finished or taken back by the next
      command. 'cowbox diff --id' prints the id that --diff takes.

      \(Resolving.details)

      What may act by itself once it is in the project (git's hooks, the configuration of build
      servers, shells, editors and task runners, set-id bits, symlinks that lead out, names that
      terminals obey) is held back with exit status 5 until --allow-risky lets it in; -p shows the
      risk and takes the answer for consent.
      """, appendix: RiskGate.manual, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let session = try invocation.session()
    let chosen = Choosing.isGiven(invocation) ? try choose(session, invocation) : nil
    let landing = try Landing(
      session, root: invocation.arguments.text("root"), to: Copy.path(invocation))
    let application = landing.application
    let whole = try application.plan()
    let id = try identity(of: whole, application, isChosen: chosen != nil, invocation)
    let plan =
      try chosen?.part(of: whole, id: id ?? "", for: .applying)
      ?? Selecting.part(of: whole, for: .applying, application.reader(), invocation)
    let resolution = try Resolving.resolution(invocation, root: whole.root.path)
    var resolved = try application.resolve(plan, resolution)
    guard resolved.conflicts.isEmpty else {
      throw try Resolving.failure(resolved.conflicts, session.name, invocation)
    }
    // Who was asked hunk by hunk was told the risks.
    if chosen == nil { try RiskGate(invocation, root: application.root.path).check(resolved.plan) }
    if invocation.arguments.has("in-place") { resolved.plan = resolved.plan.writtenInPlace() }
    if invocation.arguments.has("dry-run") {
      return try show(resolved, application.contents(), invocation)
    }
    // Counting lines means reading all that lands: only who asks for figures waits for it.
    let tally =
      invocation.wantsJSON
      ? try Tally(resolved.plan, application.contents()) : Tally(entriesOf: resolved.plan)
    try land(resolved, id, by: application, invocation)
    if chosen != nil, resolved.plan.isEmpty, !invocation.wantsJSON {
      invocation.say("nothing was applied")
      return ExitCode.done
    }
    try report(tally, resolved, id, session.name, application, invocation)
    return ExitCode.done
  }

  /// The id of the difference, where somebody wants to know it: it costs reading all that lands.
  private static func identity(
    of plan: Plan, _ application: Application, isChosen: Bool, _ invocation: Invocation
  ) throws -> String? {
    let reviewed = try invocation.arguments.text("diff")
    guard reviewed != nil || isChosen || invocation.wantsJSON else { return nil }
    let id = try plan.id(application.contents())
    if let reviewed, !matches(reviewed, id) {
      throw Failure(ApplyError.planMoved(reviewed: reviewed, now: id))
    }
    return id
  }

  private static func land(
    _ resolved: ResolvedPlan, _ id: String?, by application: Application,
    _ invocation: Invocation
  ) throws {
    let watch = try Watch(application, invocation)
    defer { watch.end() }
    try application.run(resolved.plan, overruling: resolved.overruled, id: id)
    if !resolved.forgotten.isEmpty { try application.forget(resolved.forgotten) }
  }

  /// Asks what is meant, once it is known that it could be applied.
  private static func choose(_ session: borrowing StoredSession, _ invocation: Invocation) throws
    -> Choosing
  {
    do {
      let application = try Landing(session, root: invocation.arguments.text("root")).application
      try settleConflicts(of: application, session.name, invocation)
    }
    return try Choosing(session, for: .applying, invocation)
  }

  /// Sees to it that hunks can be chosen of what would land: where both sides changed a file, the
  /// session takes in the project's changes first, as a refresh does.
  private static func settleConflicts(
    of application: Application, _ name: SessionName, _ invocation: Invocation
  ) throws {
    let resolution = try Resolving.resolution(invocation, root: application.root.path)
    let part = try Selecting.part(
      of: application.plan(), for: .applying, application.reader(), invocation)
    let resolved = try application.resolve(part, resolution)
    guard resolved.conflicts.isEmpty else {
      throw try Resolving.failure(resolved.conflicts, name, invocation)
    }
    guard !resolved.merged.isEmpty else { return }
    guard resolution.choices.isEmpty, application.elsewhere == nil else {
      throw Failure.usage("'-p' and '-i' go with '--merge' or with '--take', not with both")
    }
    var merging = Resolution()
    merging.leavesMarkers = resolution.leavesMarkers
    let refreshed = try application.refresh(merging)
    for path in refreshed.merged.keys.sorted() {
      invocation.say("merged '\(path.printable)' into the session ('cowbox undo' takes it back)")
    }
  }

  /// A beginning of at least eight digits suffices.
  private static func matches(_ reviewed: String, _ id: String) -> Bool {
    reviewed == id || (reviewed.count >= 8 && id.hasPrefix(reviewed))
  }

  private static func show(
    _ resolved: ResolvedPlan, _ contents: ContentReader, _ invocation: Invocation
  ) throws -> Int32 {
    let output = invocation.output
    let sink = TextSink { bytes in try output.write(bytes) }
    if invocation.wantsJSON {
      try JSONText(resolved.plan, contents).write(to: sink)
    } else {
      try NameLists(resolved.plan, contents).write(.nameStatus, to: sink)
    }
    try sink.finish()
    tellResolution(resolved, invocation)
    invocation.say(
      resolved.plan.isEmpty ? "there is nothing to apply" : "nothing conflicts; nothing was written"
    )
    return ExitCode.done
  }

  private static func report(
    _ tally: Tally, _ resolved: ResolvedPlan, _ id: String?, _ name: SessionName,
    _ application: Application, _ invocation: Invocation
  ) throws {
    for refusal in application.refusals { invocation.say(refusal) }
    tellResolution(resolved, invocation)
    let isEmpty = resolved.plan.isEmpty
    if invocation.wantsJSON {
      let value: JSON = [
        "session": .string(name.text), "diff": JSON.optional(id) { .string($0) },
        "applied": .bool(!isEmpty), "changes": tally.json,
        "merged": .array(resolved.merged.keys.sorted().map { JSON($0) }),
        "pending": .array(resolved.skipped.sorted().map { JSON($0) }),
        "forgotten": .array(resolved.forgotten.sorted().map { JSON($0) }),
      ]
      try invocation.output.line(value.prettyText)
    } else if isEmpty {
      invocation.say("there is nothing to apply")
    } else {
      let place = application.elsewhere ?? resolved.plan.root.path
      invocation.say("applied \(tally.words) to '\(place.printable)'")
    }
  }

  private static func tellResolution(_ resolved: ResolvedPlan, _ invocation: Invocation) {
    for (path, hasMarkers) in resolved.merged.sorted(by: { $0.key < $1.key }) {
      invocation.say(
        "merged '\(path.printable)'" + (hasMarkers ? "; look for the markers in it" : ""))
    }
    if !resolved.skipped.isEmpty {
      invocation.say("\(Amounts.count(resolved.skipped.count, "change")) in conflict left pending")
    }
    if !resolved.forgotten.isEmpty {
      invocation.say(
        "\(Amounts.count(resolved.forgotten.count, "change")) of the session given up for the "
          + "project's ('cowbox undo' brings it back)")
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
