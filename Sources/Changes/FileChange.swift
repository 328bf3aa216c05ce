import Linux

/// A change of one file or symlink, as git sees changes: renamed directories and deleted trees
/// come as the files in them.
package struct FileChange: Sendable {
  /// Where the lower has it; nil: it is new.
  package var oldPath: ByteString?
  /// Where the session has it; nil: it is gone.
  package var newPath: ByteString?
  package var old: Facts?
  package var new: Facts?
  package var oldContent: Content = .zeros
  package var newContent: Content = .zeros
  /// Whether old and new are known to be equal in content.
  package var isSameContent = false

  package var isRename: Bool { oldPath != nil && newPath != nil && oldPath != newPath }
  /// The path to call it by.
  package var path: ByteString { newPath ?? oldPath ?? ByteString([]) }
}

extension Plan {
  /// Calls `body` with every changed file: what goes first, as another kind of thing may come in its
  /// place, then the rest in the plan's order.
  package func forEachFile(_ contents: ContentReader, _ body: (FileChange) throws -> Void) throws {
    for change in changes {
      switch change.kind {
      case .deleted: try forEachDeleted(change, body)
      case .renamed: if let file = Self.leftBehind(change) { try body(file) }
      case .added, .modified: break
      }
    }
    try forEachRemaining(contents, body)
  }

  private func forEachRemaining(_ contents: ContentReader, _ body: (FileChange) throws -> Void)
    throws
  {
    let covered = coveredPaths
    for change in changes {
      switch change.kind {
      case .deleted: break
      case .added:
        if let file = Self.added(change) { try body(file) }
      case .modified:
        if let file = Self.modified(change) { try body(file) }
      case .renamed:
        if change.fileKind == .directory {
          if !isSpelledOut { try forEachMoved(change, covered, contents.lower, body) }
        } else {
          if let file = try Self.renamed(change, contents) { try body(file) }
        }
      }
    }
  }

  /// The paths of the lower that a change speaks about; true where what is below is its as well.
  private var coveredPaths: [ByteString: Bool] {
    var covered: [ByteString: Bool] = [:]
    for path in moved { covered[path] = true }
    for change in changes {
      let isDirectory = change.fileKind == .directory
      if let origin = change.origin { covered[origin] = change.kind != .modified || !isDirectory }
      if change.kind != .modified, let base = change.base { covered[base] = true }
    }
    return covered
  }

  private func forEachDeleted(_ change: Change, _ body: (FileChange) throws -> Void) throws {
    guard let origin = change.origin, let old = change.old else { return }
    if old.kind != .directory {
      if let file = Self.deleted(old, at: origin, change.oldContent) { try body(file) }
      return
    }
    for item in change.below {
      let path = origin.appending(item.path)
      if let file = Self.deleted(item.facts, at: path, .lower(path)) { try body(file) }
    }
  }

  private static func deleted(_ facts: Facts, at path: ByteString, _ content: Content)
    -> FileChange?
  {
    guard facts.isTracked else { return nil }
    var file = FileChange(oldPath: path, old: facts)
    file.oldContent = facts.kind == .regular ? content : facts.linkContent
    return file
  }

  private static func added(_ change: Change) -> FileChange? {
    guard let new = change.new, new.isTracked else { return nil }
    var file = FileChange(newPath: change.path, new: new)
    file.newContent = new.kind == .regular ? change.newContent : new.linkContent
    return file
  }

  private static func modified(_ change: Change) -> FileChange? {
    guard let old = change.old, let new = change.new, new.isTracked, !change.isNameless else {
      return nil
    }
    let isMoved = change.origin != change.path
    guard isMoved || change.differences.contains(.content) || old.gitMode != new.gitMode else {
      return nil
    }
    return both(change, old, new, at: change.path)
  }

  private static func both(_ change: Change, _ old: Facts, _ new: Facts, at path: ByteString)
    -> FileChange
  {
    FileChange(
      oldPath: change.origin, newPath: path, old: old, new: new,
      oldContent: old.kind == .regular ? change.oldContent : old.linkContent,
      newContent: new.kind == .regular ? change.newContent : new.linkContent,
      isSameContent: !change.differences.contains(.content))
  }

  /// A rename onto a file of the lower is, as git has it, a deletion and a change of that file: here
  /// is the deletion.
  private static func leftBehind(_ change: Change) -> FileChange? {
    guard change.replaced != nil, change.base != nil, change.new?.isTracked == true,
      let old = change.old, let origin = change.origin
    else { return nil }
    return deleted(old, at: origin, change.oldContent)
  }

  private static func renamed(_ change: Change, _ contents: ContentReader) throws -> FileChange? {
    guard let old = change.old, let new = change.new, new.isTracked, change.origin != nil else {
      return nil
    }
    guard let replaced = change.replaced, let base = change.base else {
      return both(change, old, new, at: change.path)
    }
    var over = change
    over.origin = base
    over.oldContent = .lower(base)
    over.differences = .content
    var file = both(over, replaced, new, at: change.path)
    guard replaced.kind == new.kind, file.oldSize == file.newSize,
      try contents.areEqual(file.oldContent, file.newContent, size: file.newSize)
    else { return file }
    file.isSameContent = true
    return file.isOnlyContent ? nil : file
  }

  /// Everything that came along with a renamed directory and was not changed besides.
  private func forEachMoved(
    _ change: Change, _ covered: [ByteString: Bool], _ lower: LowerTree,
    _ body: (FileChange) throws -> Void
  ) throws {
    guard let origin = change.origin else { return }
    let items = try lower.items(below: origin) { covered[$0] == true }
    for item in items where item.facts.isTracked {
      let path = origin.appending(item.path)
      let isLink = item.facts.kind == .symlink
      try body(
        FileChange(
          oldPath: path, newPath: change.path.appending(item.path), old: item.facts,
          new: item.facts, oldContent: isLink ? item.facts.linkContent : .lower(path),
          newContent: isLink ? item.facts.linkContent : .lower(path), isSameContent: true))
    }
  }
}

extension Facts {
  /// A symlink's target, as git has it in a blob.
  fileprivate var linkContent: Content { .bytes(target?.bytes ?? []) }
}
