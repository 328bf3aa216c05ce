import Linux
import Profiles
import Sessions
import Store

/// `cowbox gc`: clears away what is old and applied, never unapplied work.
enum CollectCommand {
  /// How old something unused gets when the command line says nothing.
  private static let usualAge: Int64 = 30 * 86_400

  static let verb = Verb(
    "gc", .care, "clear away old sessions that hold nothing unapplied",
    options: [
      Option("older-than", value: "TIME", "what was not used for so long goes, 30d by itself"),
      Option(
        "max-size", value: "SIZE", "then the oldest, until all sessions take no more than SIZE"),
      Option("dry-run", short: "n", "only say what would go, and why the rest stays"),
      Invocation.json,
    ],
    details: """
      It looks at the sessions of all projects, and at what applies keep so that 'cowbox revert' can
      take them back. Unapplied work is never removed, nor what runs; for each session that stays for
      such a reason a line says so.

          cowbox gc --dry-run
          cowbox gc --older-than 7d --max-size 2G
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let policy = try policy(invocation.arguments)
    guard let catalogue = try invocation.catalogue() else {
      invocation.say("there is nothing to clear away")
      return ExitCode.done
    }
    var rows = try sessions(catalogue, policy)
    rows += try kept(rows, catalogue, policy)
    if !invocation.arguments.has("dry-run") {
      for index in rows.indices where rows[index].verdict.isRemoval {
        rows[index].verdict = try remove(rows[index], catalogue)
      }
      try catalogue.sweep()
    }
    return try show(rows, invocation)
  }

  private static func policy(_ arguments: Arguments) throws -> CollectionPolicy {
    let size = try arguments.text("max-size").map(WallOptions.size)
    guard let text = try arguments.text("older-than") else {
      return CollectionPolicy(olderThan: size == nil ? usualAge : nil, above: size)
    }
    guard let seconds = Amount.seconds(text) else {
      throw Failure.usage(
        "'\(ByteString(text).printable)' is no time", hint: "write 90s, 10m, 2h or 30d")
    }
    return CollectionPolicy(olderThan: Int64(clamping: seconds), above: size)
  }

  /// Something that may go, and what becomes of it.
  private struct Row {
    let session: SessionName
    /// nil: the session itself.
    var apply: KeptApply?
    let byteCount: Int64
    var verdict: CollectionPolicy.Verdict
  }

  private static func sessions(_ catalogue: borrowing Catalogue, _ policy: CollectionPolicy) throws
    -> [Row]
  {
    let items = try catalogue.items()
    var found: [CollectableSession] = []
    for item in items {
      let session = try StoredSession.open(item, in: catalogue)
      let isRunning = session.isRunning
      found.append(
        CollectableSession(
          name: item.name.text, used: item.used,
          byteCount: try SessionUsage.measure(session.directory.borrowed).total,
          isRunning: isRunning,
          hasUnappliedWork: isRunning || UnappliedWork(in: session) != .none))
    }
    let verdicts = policy.verdicts(on: found, now: .now)
    return items.indices.map {
      Row(session: items[$0].name, byteCount: found[$0].byteCount, verdict: verdicts[$0])
    }
  }

  /// What applies keep in the sessions that stay: by age only, it is part of the sessions' size.
  private static func kept(
    _ rows: [Row], _ catalogue: borrowing Catalogue, _ policy: CollectionPolicy
  ) throws -> [Row] {
    var found: [Row] = []
    for row in rows where !row.verdict.isRemoval {
      let directory = try catalogue.open(row.session)
      let applies = try KeptApply.all(in: directory.borrowed)
      let byAge = CollectionPolicy(olderThan: policy.seconds)
      for (apply, verdict) in zip(applies, byAge.verdicts(on: applies, now: .now)) {
        found.append(
          Row(
            session: row.session, apply: apply, byteCount: apply.byteCount, verdict: verdict))
      }
    }
    return found
  }

  /// Removes it under the session's lock; what began to run meanwhile stays.
  private static func remove(_ row: Row, _ catalogue: borrowing Catalogue) throws
    -> CollectionPolicy.Verdict
  {
    let session = try StoredSession.open(catalogue.find(row.session.text), in: catalogue)
    guard let lock = try session.lockAtRest() else { return .mustStay("it is running") }
    if let apply = row.apply {
      try apply.remove(from: session.directory.borrowed)
      try KeptApply.removeUnneededBases(of: session.directory.borrowed)
    } else {
      guard UnappliedWork(in: session) == .none else { return .mustStay("it holds unapplied work") }
      try catalogue.remove(row.session)
    }
    try lock.close()
    return row.verdict
  }

  private static func show(_ rows: [Row], _ invocation: Invocation) throws -> Int32 {
    if invocation.wantsJSON {
      try invocation.output.line(JSON.array(rows.map(json)).prettyText)
      return ExitCode.done
    }
    let verb = invocation.arguments.has("dry-run") ? "would remove" : "removed"
    for row in rows {
      switch row.verdict {
      case .stays: continue
      case .mustStay(let reason): invocation.say("kept \(name(row)): \(reason)")
      case .tooOld, .tooMuch:
        let reason = row.verdict == .tooOld ? "not used for long" : "all together takes too much"
        invocation.say("\(verb) \(name(row)), \(Amounts.size(row.byteCount)): \(reason)")
      }
    }
    let gone = rows.filter(\.verdict.isRemoval)
    let size = Amounts.size(gone.reduce(0) { $0 + $1.byteCount })
    invocation.say(
      gone.isEmpty ? "there is nothing to clear away" : "\(verb) \(size) in all")
    return ExitCode.done
  }

  private static func name(_ row: Row) -> String {
    row.apply.map { "what apply \($0.number) of session \(row.session) kept" }
      ?? "session \(row.session)"
  }

  private static func json(_ row: Row) -> JSON {
    let (verdict, reason): (String, String?) =
      switch row.verdict {
      case .stays: ("stays", nil)
      case .mustStay(let reason): ("kept", reason)
      case .tooOld: ("removed", "old")
      case .tooMuch: ("removed", "size")
      }
    return [
      "session": .string(row.session.text),
      "apply": JSON.optional(row.apply) { .int(Int64($0.number)) },
      "bytes": .int(row.byteCount), "verdict": .string(verdict),
      "reason": JSON.optional(reason) { .string($0) },
    ]
  }
}
