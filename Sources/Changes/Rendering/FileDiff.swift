import Linux

/// How one file's change is shown: as lines, or as binary.
enum FileDiff {
  /// Contents over this size are never held in memory; they count as binary, as git has it with
  /// core.bigFileThreshold.
  static let memoryLimit: Int64 = 64 << 20

  case same
  case text(TextDiff)
  /// Too large to be compared in memory.
  case large

  init(_ file: FileChange, _ contents: ContentReader, _ options: DiffOptions) throws {
    let (oldSize, newSize) = (file.oldSize, file.newSize)
    if file.isSameContent {
      self = .same
    } else if oldSize > Self.memoryLimit || newSize > Self.memoryLimit {
      self = .large
    } else {
      let old = try contents.bytes(file.oldContent, size: oldSize)
      let new = try contents.bytes(file.newContent, size: newSize)
      self = old == new ? .same : .text(try TextDiff(old, new, options))
    }
  }
}

extension FileChange {
  var oldSize: Int64 { Self.size(of: oldContent, old) }
  var newSize: Int64 { Self.size(of: newContent, new) }

  private static func size(of content: Content, _ facts: Facts?) -> Int64 {
    if case .bytes(let bytes) = content { return Int64(bytes.count) }
    return facts?.size ?? 0
  }
}

/// How many lines a change of a file adds and takes away.
package struct LineCount: Sendable {
  package var added = 0
  package var deleted = 0
  package var isBinary = false

  /// Counts by comparing; a new or deleted text is only read.
  package init(_ file: FileChange, _ contents: ContentReader, _ options: DiffOptions = .init())
    throws
  {
    if file.isSameContent { return }
    if file.oldPath == nil || file.newPath == nil {
      let isNew = file.oldPath == nil
      let content = isNew ? file.newContent : file.oldContent
      let size = isNew ? file.newSize : file.oldSize
      let count = try Self.count(content, size, contents)
      isBinary = count == nil && !options.isForcedText
      if isNew { added = count ?? 0 } else { deleted = count ?? 0 }
      return
    }
    // As git: what is only shown is not counted.
    var options = options
    options.showsFunctions = false
    switch try FileDiff(file, contents, options) {
    case .same: break
    case .large: isBinary = true
    case .text(let diff):
      isBinary = diff.isBinary
      for line in diff.hunks.flatMap(\.lines) {
        if line.mark == 0x2B { added += 1 }
        if line.mark == 0x2D { deleted += 1 }
      }
    }
  }

  /// Whether there is nothing to count, as when all that differs is white space that is ignored.
  func isNothing(in file: FileChange) -> Bool {
    added == 0 && deleted == 0 && !isBinary && file.isOnlyContent
  }

  /// The number of lines, or nil of a content that is no text.
  private static func count(_ content: Content, _ size: Int64, _ contents: ContentReader) throws
    -> Int?
  {
    guard size <= FileDiff.memoryLimit else { return nil }
    var (count, last, offset, isBinary) = (0, UInt8(0x0A), 0, false)
    try contents.open(content, size: size).forEachChunk { chunk in
      // git and libgit2 look for a NUL in the first 8000 bytes.
      if offset < 8000, chunk.prefix(8000 - offset).contains(0) { isBinary = true }
      if isBinary { return }
      for byte in chunk where byte == 0x0A { count += 1 }
      last = chunk.last ?? last
      offset += chunk.count
    }
    if isBinary { return nil }
    return count + (last == 0x0A ? 0 : 1)
  }
}
