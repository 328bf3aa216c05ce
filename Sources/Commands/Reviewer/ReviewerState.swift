import Changes
import Linux

/// What the reviewer shows, and what its keys have done so far.
struct ReviewerState {
  enum Side {
    case files, diff
  }

  /// What is asked for at the bottom.
  enum Question: Equatable {
    case none
    /// Whether a file that holds risks is taken; more may follow.
    case risk(file: Int, then: [Int])
    case search(String)
    case end, help
  }

  let plan: Plan
  let contents: ContentReader
  let purpose: Purpose
  let id: String
  var files: [ReviewedFile]
  var side = Side.files
  var file = 0
  var item = 0
  /// The first line of the diff that is shown.
  var top = 0
  var question = Question.none
  var query = ""
  /// The line that a search found.
  var hit: Int?
  var message = ""

  init(_ plan: Plan, part: Plan, _ contents: ContentReader, for purpose: Purpose) throws {
    (self.plan, self.contents, self.purpose) = (plan, contents, purpose)
    id = try plan.id(contents)
    files = part.changes.map { ReviewedFile($0, for: purpose) }
    try load()
  }

  var current: ReviewedFile { files[file] }

  mutating func load() throws { try files[file].load(plan, contents) }

  /// Goes to a file; its diff is shown from the top.
  mutating func go(to index: Int) throws {
    file = max(0, min(files.count - 1, index))
    (item, top, hit) = (0, 0, nil)
    try load()
  }

  /// Goes to a part of the file, and lets the diff show it.
  mutating func go(toItem index: Int) {
    item = max(0, min((current.decision?.items.count ?? 1) - 1, index))
    top = current.lines.firstIndex { $0.item == item } ?? 0
  }

  mutating func scroll(by count: Int) {
    top = max(0, min(current.lines.count - 1, top + count))
    if let shown = current.lines[min(top, current.lines.count - 1)...].first?.item { item = shown }
  }

  /// Takes what is chosen, or leaves it; a risk is asked for first.
  mutating func toggle() {
    message = ""
    switch side {
    case .files:
      if files[file].extent == .all { files[file].take(false) } else { take([file]) }
    case .diff:
      if !current.isTaken(item: item), !current.risks.isEmpty, !current.hasConsent {
        question = .risk(file: file, then: [])
      } else {
        files[file].toggle(item: item)
      }
    }
  }

  /// Takes files; those that hold risks are asked for one by one.
  mutating func take(_ indices: [Int]) {
    var asked: [Int] = []
    for index in indices {
      if files[index].risks.isEmpty || files[index].hasConsent {
        files[index].take(true)
      } else {
        asked.append(index)
      }
    }
    ask(asked)
  }

  private mutating func ask(_ indices: [Int]) {
    guard let first = indices.first else {
      question = .none
      return
    }
    question = .risk(file: first, then: Array(indices.dropFirst()))
  }

  mutating func answerRisk(_ isYes: Bool) {
    guard case .risk(let index, let rest) = question else { return }
    if isYes {
      files[index].hasConsent = true
      if side == .diff, index == file, rest.isEmpty {
        files[index].toggle(item: item)
      } else {
        files[index].take(true)
      }
    }
    ask(rest)
  }

  /// The next line, or name, that holds the query; the search goes once around.
  mutating func find(_ direction: Int) throws {
    guard !query.isEmpty else { return }
    let wanted = query.lowercased()
    for distance in 0...files.count {
      let index = ((file + direction * distance) % files.count + files.count) % files.count
      try files[index].load(plan, contents)
      let lines = files[index].lines
      // The line -1 is the name.
      var places = Array(-1..<lines.count)
      if distance == 0 {
        places = places.filter { direction > 0 ? $0 > (hit ?? -1) : $0 < (hit ?? lines.count) }
      }
      if direction < 0 { places.reverse() }
      let found = places.first { place in
        let text = place < 0 ? files[index].change.path.printable : lines[place].text
        return text.lowercased().contains(wanted)
      }
      guard let found else { continue }
      try go(to: index)
      (hit, side) = (found, found < 0 ? .files : .diff)
      if found >= 0 {
        top = max(0, found - 3)
        item = lines[found].item ?? 0
      }
      return
    }
    message = "'\(ByteString(query).printable)' is nowhere"
  }

  var takenCount: Int { files.count { $0.extent != .none } }
}
