import Store

/// A session's steps, and where one stands between undo and redo.
package struct Timeline {
  package let steps: [Step]
  private let reader: SessionReader
  /// The states that undo leads back through, the present one last.
  private var past: [StepID] = [StepID(1)]
  /// Where redo leads, the next one last.
  private var ahead: [StepID] = []

  /// The timeline that a reader sees.
  package init(_ reader: SessionReader) throws {
    self.reader = reader
    steps = try reader.steps()
    for step in steps { try follow(step) }
  }

  private mutating func follow(_ step: Step) throws {
    switch (step.kind, step.restores) {
    case (.undo, let target?):
      while past.count > 1, past.last != target { ahead.append(past.removeLast()) }
    case (.redo, let target?):
      while let next = ahead.popLast() {
        past.append(next)
        if next == target { break }
      }
    case (.restore, let target?):
      ahead = []
      past.append(target)
    case (.mark, _): break
    default:
      // What changed nothing leaves the way forward open.
      if !ahead.isEmpty, try !Self.changesSomething(step.id, reader) { return }
      past.append(step.id)
      ahead = []
    }
  }

  /// Whether a step left another tree than the one before it.
  package static func changesSomething(_ step: StepID, _ reader: SessionReader) throws -> Bool {
    guard step.rawValue > 1 else { return false }
    let before = try reader.tree(at: StepID(step.rawValue - 1))
    return try !reader.tree(at: step).isSame(as: before)
  }

  /// The state before the last `count` changes; fewer changes than that are all of them.
  package func back(_ count: Int) throws -> StepID? {
    var (place, left) = (past.count - 1, count)
    var tree = try reader.tree(at: past[place])
    while left > 0, place > 0 {
      place -= 1
      let before = try reader.tree(at: past[place])
      if !before.isSame(as: tree) { left -= 1 }
      tree = before
    }
    return left == count ? nil : past[place]
  }

  /// Where `count` redos lead; nil when nothing was undone.
  package func forward(_ count: Int) throws -> StepID? {
    var (found, left): (StepID?, Int) = (nil, count)
    var tree = try reader.tree()
    for step in ahead.reversed() where left > 0 {
      let after = try reader.tree(at: step)
      if !after.isSame(as: tree) {
        left -= 1
        found = step
      }
      tree = after
    }
    return found
  }

  /// The step that a number or a snapshot's name means.
  package func step(_ word: String) throws -> StepID {
    if let number = Int64(word), steps.contains(where: { $0.id.rawValue == number }) {
      return StepID(number)
    }
    if let mark = try reader.marks().first(where: { $0.name == word }) { return mark.step }
    throw SessionError(
      "there is no step or snapshot '\(word)'",
      hint: "'cowbox log' shows the steps, 'cowbox snapshots' the snapshots", kind: .usage)
  }

  /// Whether an apply lies between a step and the present.
  package func appliedSince(_ step: StepID) -> Bool {
    steps.contains { $0.kind == .apply && $0.id > step }
  }
}
