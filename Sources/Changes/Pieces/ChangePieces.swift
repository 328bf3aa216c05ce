import Linux

/// What of one change can be taken by itself: its hunks, and what it does besides.
package struct ChangePieces: Sendable {
  package let change: Change
  /// The lines of the file before the change; none where there are no hunks.
  package let old: [[UInt8]]
  /// The hunks of a text, in order; none: the content comes as a whole, if it comes at all.
  package let hunks: [Piece]
  /// Whether the mode, owner or attributes can be taken apart from the hunks.
  package let hasAttributes: Bool

  /// Looks for the pieces of a change; one that `comesWhole` has none.
  package init(
    _ change: Change, comesWhole: Bool = false, _ contents: ContentReader,
    contextLines: Int = DiffOptions().contextLines
  ) throws {
    self.change = change
    var found: [Piece] = []
    var lines: [[UInt8]] = []
    if !comesWhole, change.canBeSplit, let old = change.old, let new = change.new,
      max(old.size, new.size) <= FileDiff.memoryLimit
    {
      let bytes = try contents.bytes(change.oldContent, size: old.size)
      var options = DiffOptions()
      options.contextLines = contextLines
      let diff = try TextDiff(
        bytes, contents.bytes(change.newContent, size: new.size), options)
      found = diff.isBinary ? [] : diff.hunks.compactMap { Piece($0) }
      lines = found.isEmpty ? [] : bytes.lines
    }
    (hunks, old) = (found, lines)
    let rest = change.differences.subtracting(.content)
    // Attributes that are the session's alone have nothing to go back to.
    hasAttributes =
      !found.isEmpty && !rest.isEmpty && change.kind == .modified && !change.isReplacement
  }

  /// The file with some of the pieces taken.
  package func content(taking pieces: [Piece]) -> [UInt8] {
    let edits = pieces.flatMap(\.edits).enumerated().sorted {
      ($0.element.old.lowerBound, $0.offset) < ($1.element.old.lowerBound, $1.offset)
    }.map(\.element)
    var bytes: [UInt8] = []
    var at = 0
    for edit in edits {
      for line in old[at..<max(at, edit.old.lowerBound)] + edit.new { bytes += line }
      at = max(at, edit.old.upperBound)
    }
    for line in old[at...] { bytes += line }
    return bytes
  }

  /// The change of which only some pieces land, perhaps split or edited ones; nil: nothing does.
  package func taking(_ pieces: [Piece], attributes: Bool) -> Change? {
    if pieces.isEmpty, !(attributes && hasAttributes) { return nil }
    if isEverything(pieces), attributes || !hasAttributes { return change }
    var part = change
    part.isPart = true
    if hasAttributes, !attributes { part.keepAttributes() }
    if pieces.isEmpty {
      part.newContent = change.oldContent
      part.new?.size = change.old?.size ?? 0
      part.differences.remove(.content)
    } else {
      part.become(content(taking: pieces))
    }
    return part
  }

  /// The change as it shall be once only some pieces are kept; nil: nothing is forgotten.
  package func keeping(_ pieces: [Piece], attributes: Bool) -> Change? {
    let keepsAttributes = attributes || !hasAttributes
    if isEverything(pieces), keepsAttributes { return nil }
    if pieces.isEmpty, change.kind == .modified, !(attributes && hasAttributes) { return change }
    var part = change
    part.isPart = true
    if !keepsAttributes { part.keepAttributes() }
    if !isEverything(pieces) { part.become(content(taking: pieces)) }
    return part
  }

  private func isEverything(_ pieces: [Piece]) -> Bool {
    pieces.flatMap(\.edits) == hunks.flatMap(\.edits)
  }
}

extension Change {
  /// Whether the content may come in parts: a file that is the same file on both sides.
  fileprivate var canBeSplit: Bool {
    (kind == .modified || kind == .renamed) && old?.kind == .regular && new?.kind == .regular
      && differences.contains(.content) && replaced == nil && linkedTo == nil && !isNameless
  }

  /// Has other content, which is neither the old nor the session's and so was written now.
  fileprivate mutating func become(_ bytes: [UInt8]) {
    newContent = .bytes(bytes)
    new?.size = Int64(bytes.count)
    new?.modified = .now
  }

  /// Leaves mode, owner and attributes as they were.
  fileprivate mutating func keepAttributes() {
    guard let old, var kept = new else { return }
    kept.permissions = old.permissions
    (kept.owner, kept.group) = (old.owner, old.group)
    if differences.contains(.attributes) { kept.attributes = old.attributes }
    new = kept
    differences.formIntersection(.content)
  }
}
