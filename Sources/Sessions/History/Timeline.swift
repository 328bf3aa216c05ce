import Linux
import Store

extension Step {
  /// What the log says of a step that brought paths back.
  package static func message(of paths: String, to step: StepID) -> String {
    "\(paths) to step \(step.rawValue)"
  }

  /// The step whose state some paths were given, of an undo of paths.
  package var restoredPathsTo: StepID? {
    guard kind == .undo, restores == nil, let number = message.split(separator: " ").last else {
      return nil
    }
    return Int64(number).map { StepID($0) }
  }
}

extension SessionReader {
  /// The step that a number or a snapshot's name means.
  package func step(named word: String) throws -> StepID {
    if let number = Int64(word), try steps().contains(where: { $0.id.rawValue == number }) {
      return StepID(number)
    }
    if let mark = try marks().first(where: { $0.name == word }) { return mark.step }
    throw SessionError(
      "there is no step or snapshot '\(ByteString(word).printable)'",
      hint: "'cowbox log' shows the steps, 'cowbox snapshots' the snapshots", kind: .usage)
  }
}

/// A session's steps, and where one stands between undo and redo.
package struct Timeline {
  package let steps: [Step]
  package let reader: SessionReader
  /// The states that undo leads back through, the present one last.
  package private(set) var past: [StepID] = [StepID(1)]
  /// Where redo leads, the next one last.
  private var ahead: [StepID] = []

  /// The timeline that a reader sees.
  package init(_ reader: SessionReader) throws {
    self.reader = reader
    steps = try reader.steps()
    for step in steps.dropFirst() { try follow(step) }
  }

  private mutating func follow(_ step: Step) throws {
    switch (step.kind, step.restores) {
    case (.undo, let target?) where past.contains(target):
      while past.last != target { ahead.append(past.removeLast()) }
    case (.redo, let target?) where ahead.contains(target):
      while let next = ahead.popLast() {
        past.append(next)
        if next == target { break }
      }
    default:
      // What changed nothing leaves the way forward open.
      if !ahead.isEmpty, try !changesSomething(step.id) { return }
      past.append(step.id)
      ahead = []
    }
  }

  /// A step by its number.
  package func step(_ id: StepID) -> Step? { steps.first { $0.id == id } }

  /// Whether a step left another tree than the one before it.
  package func changesSomething(_ step: StepID) throws -> Bool {
    try !reader.isSame(StepID(step.rawValue - 1), as: step)
  }

  /// The state before the last `count` changes; fewer changes than that are all of them.
  package func back(_ count: Int) throws -> StepID? {
    var left = count
    for place in past.indices.dropFirst().reversed() where left > 0 {
      if try !reader.isSame(past[place - 1], as: past[place]) { left -= 1 }
      if left == 0 { return past[place - 1] }
    }
    return left == count ? nil : past[0]
  }

  /// Where `count` redos lead; nil when nothing was undone.
  package func forward(_ count: Int) throws -> StepID? {
    var (found, left): (StepID?, Int) = (nil, count)
    guard var present = past.last else { return nil }
    for step in ahead.reversed() where left > 0 {
      if try !reader.isSame(present, as: step) {
        left -= 1
        found = step
      }
      present = step
    }
    return found
  }

  /// Whether an apply lies between a step and the present.
  package func appliedSince(_ step: StepID) -> Bool {
    steps.contains { $0.kind == .apply && $0.id > step }
  }
}
