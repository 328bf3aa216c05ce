import Linux

extension FileChange {
  /// What takes this change back.
  package var reversed: FileChange {
    FileChange(
      oldPath: newPath, newPath: oldPath, old: new, new: old, oldContent: newContent,
      newContent: oldContent, isSameContent: isSameContent)
  }
}

extension Plan {
  /// What takes this plan back, to be shown: it is in no order in which it could land.
  package var reversed: Plan {
    var plan = self
    plan.changes = changes.flatMap(\.reversed).sorted(by: Change.precedes)
    return plan
  }
}

extension PairedFiles {
  /// What takes the changes back, deletions first.
  package var reversed: [FileChange] {
    let back = files.map(\.reversed)
    return back.filter { $0.newPath == nil }.sorted { $0.path < $1.path }
      + back.filter { $0.newPath != nil }.sorted { $0.path < $1.path }
  }
}

extension Change {
  /// What takes this change back, without content; of a deleted directory all that was in it comes.
  fileprivate var reversed: [Change] {
    let former = origin ?? path
    switch kind {
    case .added: return [back(.deleted, from: path, to: path)]
    case .deleted:
      return [back(.added, from: nil, to: former)]
        + below.map { Self.added($0.facts, at: former.appending($0.path)) }
    case .modified: return [back(.modified, from: path, to: former)]
    case .renamed:
      guard let replaced else { return [back(.renamed, from: path, to: former)] }
      var over = back(.modified, from: path, to: path)
      over.new = replaced
      return [over] + (old.map { [Self.added($0, at: former)] } ?? [])
    }
  }

  private static func added(_ facts: Facts, at path: ByteString) -> Change {
    var change = Change(.added, path: path)
    change.new = facts
    return change
  }

  private func back(_ kind: Kind, from origin: ByteString?, to path: ByteString) -> Change {
    var change = Change(kind, path: path)
    change.origin = origin
    (change.old, change.new) = (new, old)
    change.differences = differences
    change.nameCount = nameCount
    return change
  }
}
