import Store

/// The lines at the left of a log, newest step first: which step went on from which.
///
/// Each column waits for a step; a step takes the first column that waits for it, and its column
/// then waits for the step that it went on from, unless another one does so already.
struct StepGraph {
  /// What stands at the left of one step.
  struct Lines {
    let node: String
    /// Beside what is told of the step.
    let beside: String
    /// Where the step's column ends in another one.
    let joint: String?
  }

  private var rest: [(step: StepID, parent: StepID?)]
  private var columns: [StepID] = []
  private let known: Set<StepID>

  /// The steps, oldest first.
  init(_ steps: [(step: StepID, parent: StepID?)]) {
    rest = steps
    known = Set(steps.map(\.step))
  }

  /// The lines of the next older step.
  mutating func next(marked mark: Character) -> Lines {
    guard let (step, parent) = rest.popLast() else {
      return Lines(node: "", beside: "", joint: nil)
    }
    let place = columns.firstIndex(of: step) ?? columns.count
    if place == columns.count { columns.append(step) }
    let node = line { $0 == place ? mark : "|" }
    let beside = line { $0 == place && parent == nil ? " " : "|" }
    guard let parent, known.contains(parent) else {
      columns.remove(at: place)
      return Lines(node: node, beside: beside, joint: nil)
    }
    guard let other = columns.firstIndex(of: parent) else {
      columns[place] = parent
      return Lines(node: node, beside: beside, joint: nil)
    }
    let (left, right) = (min(place, other), max(place, other))
    let joint = Self.joint(from: right, to: left, of: columns.count)
    columns[left] = parent
    columns.remove(at: right)
    return Lines(node: node, beside: beside, joint: joint)
  }

  private func line(_ body: (Int) -> Character) -> String {
    var text = columns.indices.map { String(body($0)) }.joined(separator: " ")
    while text.last == " " { text.removeLast() }
    return text
  }

  /// "|/" for neighbours, "|_|/" across a column between.
  private static func joint(from right: Int, to left: Int, of count: Int) -> String {
    var text = ""
    for column in 0..<count where column != right {
      text.append("|")
      if column == right - 1 {
        text.append("/")
      } else if column >= left, column < right {
        text.append("_")
      } else if column < count - 1 {
        text.append(" ")
      }
      if column == right - 1, right < count - 1 { text.append(" ") }
    }
    while text.last == " " { text.removeLast() }
    return text
  }
}
