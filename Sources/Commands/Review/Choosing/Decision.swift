import Changes
import Linux

/// What was decided about the parts of one change.
struct Decision {
  /// Something that is taken or left by itself.
  enum Item {
    /// Everything that the change is.
    case whole
    /// The mode, owner and attributes.
    case attributes
    case hunk(Piece)
  }

  let pieces: ChangePieces
  var items: [Item]
  /// The answers; nil: none yet.
  var isTaken: [Bool?]

  init(_ pieces: ChangePieces) {
    self.pieces = pieces
    items = pieces.hunks.isEmpty ? [.whole] : pieces.hunks.map { .hunk($0) }
    if pieces.hasAttributes { items.insert(.attributes, at: 0) }
    isTaken = Array(repeating: nil, count: items.count)
  }

  /// Answers for everything.
  mutating func answerAll(_ answer: Bool) {
    isTaken = Array(repeating: answer, count: items.count)
  }

  /// Answers what has no answer yet, from an item on.
  mutating func answerRest(from index: Int, _ answer: Bool) {
    for later in index..<items.count where later == index || isTaken[later] == nil {
      isTaken[later] = answer
    }
  }

  /// The next item without an answer; behind the last where there is none.
  func nextOpen(after index: Int) -> Int {
    isTaken[(index + 1)...].firstIndex { $0 == nil } ?? items.count
  }

  /// Puts smaller hunks in the place of one; false where there are none.
  mutating func split(at index: Int) -> Bool {
    guard case .hunk(let piece) = items[index] else { return false }
    let parts = piece.split
    guard parts.count > 1 else { return false }
    items.replaceSubrange(index...index, with: parts.map { .hunk($0) })
    isTaken.replaceSubrange(index...index, with: Array(repeating: nil, count: parts.count))
    return true
  }

  /// The change as it is to be applied, or forgotten; nil: nothing of it is.
  func change(for purpose: Purpose) -> Change? {
    var (attributes, isWhole) = (false, false)
    var (taken, left): ([Piece], [Piece]) = ([], [])
    for (item, answer) in zip(items, isTaken) {
      switch item {
      case .whole: isWhole = answer ?? false
      case .attributes: attributes = answer ?? false
      case .hunk(let piece): if answer ?? false { taken.append(piece) } else { left.append(piece) }
      }
    }
    if pieces.hunks.isEmpty { return isWhole ? pieces.change : nil }
    return purpose == .discarding
      ? pieces.keeping(left, attributes: !attributes) : pieces.taking(taken, attributes: attributes)
  }
}
