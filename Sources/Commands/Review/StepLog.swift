import Changes
import Linux
import Sessions
import Store

/// A session's steps with what each one changed in a root.
struct StepLog {
  struct Entry {
    let step: Step
    /// The step whose state this one went on from.
    var parent: StepID?
    /// nil: nothing changed, or the project is not there to compare with.
    var plan: Plan?
    let hasChanges: Bool
    /// What the walls refused to its command.
    var refusals: [Refusal] = []
    /// Snapshots and branches.
    var labels: [String] = []
  }

  private(set) var entries: [Entry] = []
  private let reader: SessionReader
  private let root: Root
  private let files: OpenFile?

  init(
    _ reader: SessionReader, root name: String?, branches: [StepID: [String]],
    refusals: [Int64: [Refusal]]
  ) throws {
    self.reader = reader
    root = try Review.root(name, of: reader.roots)
    // A project that is gone hides what changed, not that something happened.
    files = try? Review.open(root)
    let history = try reader.history()
    var snapshots: [StepID: [String]] = [:]
    for mark in try reader.marks() { snapshots[mark.step, default: []].append(mark.name) }
    let changing = try reader.changingSteps()
    for step in try reader.steps() {
      var entry = Entry(
        step: step, parent: step.parent,
        hasChanges: step.id.rawValue > 1 && changing.contains(step.id))
      if entry.hasChanges, let files {
        entry.plan = try Plan(
          history, from: StepID(step.id.rawValue - 1), to: step.id, reader: reader, root: root,
          lower: LowerTree(files.borrowed))
      }
      entry.refusals = refusals[step.id.rawValue] ?? []
      entry.labels = (snapshots[step.id] ?? []).map { "snapshot \($0)" }
      entry.labels += (branches[step.id] ?? []).map { "branch \($0)" }
      entries.append(entry)
    }
  }

  func contents() throws -> ContentReader {
    guard let files else {
      throw Failure("the project '\(root.path.printable)' is not there to compare with")
    }
    return ContentReader(reader: reader, lower: LowerTree(files.borrowed))
  }

  /// Keeps only the steps that changed the paths of the command line, and of them only those paths.
  mutating func select(_ invocation: Invocation) throws {
    var selection = Selection()
    selection.patterns = try invocation.operands.map {
      Pattern(try Selecting.path($0, root.path, invocation))
    }
    keep { entry in
      guard let plan = entry.plan?.selecting(selection), !plan.isEmpty else { return nil }
      var entry = entry
      entry.plan = plan
      return entry
    }
  }

  /// Leaves out the boundaries that cowbox made by itself and at which nothing had changed.
  mutating func hideIdleMarks() {
    keep { entry in
      let isIdle = entry.step.kind == .mark && entry.plan?.isEmpty ?? true
      return isIdle && entry.labels.isEmpty && entry.step.isAutomatic ? nil : entry
    }
  }

  mutating func limit(to count: Int?) {
    guard let count, count < entries.count else { return }
    entries.removeFirst(entries.count - count)
  }

  /// Keeps some entries; what went on from one that goes goes on from what is above it.
  private mutating func keep(_ body: (Entry) -> Entry?) {
    var above: [StepID: StepID?] = [:]
    var kept: [Entry] = []
    for entry in entries {
      let parent = entry.parent.flatMap { above[$0] ?? $0 }
      guard var entry = body(entry) else {
        above[entry.step.id] = parent
        continue
      }
      entry.parent = parent
      kept.append(entry)
    }
    entries = kept
  }
}

extension Step {
  /// The step whose state this one begins with.
  var parent: StepID? {
    restores ?? (id.rawValue > 1 ? StepID(id.rawValue - 1) : nil)
  }

  /// Whether the boundary was made by another act than `cowbox step`.
  var isAutomatic: Bool {
    message.isEmpty || message == "branch" || message.hasPrefix("after ")
  }

  /// What happened, in one word.
  var word: String {
    switch kind {
    case .undo where message.hasPrefix("apply "): "revert"
    case .mark: "step"
    default: kind.rawValue
    }
  }
}

// How an entry is told.
extension StepLog {
  /// "7  2026-11-21 13:42:27  run     ok  npm test  3 paths, +10 -2, 0.21 s  (snapshot good)".
  func line(_ entry: Entry, _ style: Style) -> String {
    let step = entry.step
    let words = step.command.map(Words.quoted).joined(separator: " ")
    let told = [words, ByteString(step.message).printable].filter { !$0.isEmpty }
    let labels = entry.labels.isEmpty ? "" : style.cyan("(\(entry.labels.joined(separator: ", ")))")
    let kind = step.word + String(repeating: " ", count: max(0, 7 - step.word.count))
    let parts = [
      style.yellow("\(step.id.rawValue)"), Amounts.time(step.began), kind,
      Self.outcome(step, style),
    ]
    let rest = told + [style.faint(amount(entry)), labels].filter { !$0.isEmpty }
    var line = (parts + rest).joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }

  private static func outcome(_ step: Step, _ style: Style) -> String {
    guard let status = step.status else {
      return step.ended == nil && step.kind != .begin ? style.cyan("..") : " "
    }
    return status == 0 ? style.green("ok") : style.red("\(status)")
  }

  private func amount(_ entry: Entry) -> String {
    var parts: [String] = []
    if let tally = tally(of: entry), tally.paths > 0 {
      parts.append(Amounts.count(tally.paths, "path"))
      if tally.lines.added + tally.lines.deleted > 0 {
        parts.append("+\(tally.lines.added) -\(tally.lines.deleted)")
      }
    } else if entry.hasChanges, files == nil {
      parts.append("changed")
    }
    if let ended = entry.step.ended, !entry.step.command.isEmpty {
      parts.append(
        Amounts.duration(nanoseconds: ended.nanoseconds - entry.step.began.nanoseconds))
    }
    return parts.joined(separator: ", ")
  }

  private func tally(of entry: Entry) -> (paths: Int, lines: (added: Int, deleted: Int))? {
    // What can't be read any more is not counted; --patch says why.
    guard let plan = entry.plan, let contents = try? contents(),
      let tally = try? Tally(plan, contents)
    else { return nil }
    return (plan.changes.count, (tally.addedLines, tally.deletedLines))
  }

  func json(_ entry: Entry) throws -> JSON {
    let step = entry.step
    let lines = tally(of: entry)?.lines
    return [
      "step": .int(step.id.rawValue), "kind": .string(step.kind.rawValue),
      "began": .string(Amounts.machineTime(step.began)),
      "ended": JSON.optional(step.ended) { .string(Amounts.machineTime($0)) },
      "command": .array(step.command.map { JSON($0) }),
      "status": JSON.optional(step.status) { .int(Int64($0)) }, "message": .string(step.message),
      "restores": JSON.optional(step.restores) { .int($0.rawValue) },
      "parent": JSON.optional(entry.parent) { .int($0.rawValue) },
      "refusals": .array(entry.refusals.map(\.json)),
      "labels": .array(entry.labels.map { .string($0) }),
      "addedLines": JSON.optional(lines) { .int(Int64($0.added)) },
      "deletedLines": JSON.optional(lines) { .int(Int64($0.deleted)) },
      "paths": .array((entry.plan?.changes ?? []).map(Self.json)),
    ]
  }

  private static func json(_ change: Change) -> JSON {
    [
      "kind": .string(change.kind.rawValue), "path": JSON(change.path),
      "from": JSON.optional(change.kind == .renamed ? change.origin : nil) { JSON($0) },
    ]
  }
}

extension StepLog.Entry {
  /// The letter in the graph.
  var mark: Character {
    switch step.kind {
    case .undo: step.word == "revert" ? "v" : "u"
    case .redo: "r"
    case .restore: "r"
    case .apply: "a"
    case .mark where !hasChanges: "o"
    default: "*"
    }
  }
}
