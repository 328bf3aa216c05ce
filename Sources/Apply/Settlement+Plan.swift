import Changes
import Linux
import Store

extension Settlement {
  /// What becomes of the tree when a part of the plan was applied and the rest stays pending.
  init(_ part: Plan, rest: Plan, tree: SavedTree) {
    self.init()
    pending = Set(rest.changes.compactMap(\.node))
    let pendingPaths = Self.pathsAbove(rest)
    for change in part.changes {
      unpin(change)
      switch change.kind {
      case .deleted:
        rename(change, rest)
        if let entry = change.entry, tree.isWhiteout(entry) { removedEntries.append(entry) }
      case .added, .modified, .renamed:
        if change.kind == .renamed, let origin = change.origin {
          moves.append(Move(old: origin, new: change.path))
          if let source = change.source, tree.isWhiteout(source) { removedEntries.append(source) }
        }
        if change.isPart {
          repinned.append(change.path)
          continue
        }
        leave(change, hasPending: pendingPaths.contains(change.path))
      }
      if let parent = change.entry?.parent { open(parent, at: change.path.parent, rest, tree) }
    }
  }

  /// What becomes of the tree when a part of the plan is forgotten.
  init(discarding part: Plan, rest: Plan, tree: SavedTree) {
    self.init()
    pending = Set(rest.changes.compactMap(\.node))
    let pendingPaths = Self.pathsAbove(rest)
    let hidden = Set(rest.changes.compactMap(\.entry))
    for change in part.changes where !change.isPart {
      unpin(change)
      if change.kind == .renamed, let source = change.source, tree.isWhiteout(source) {
        removedEntries.append(source)
      }
      if change.kind == .deleted {
        if let entry = change.entry {
          if tree.isWhiteout(entry), !hidden.contains(entry) { removedEntries.append(entry) }
        } else if let parent = tree.node(at: change.path.parent, root: part.root.node) {
          open(parent, at: change.path.parent, rest, tree)
        }
        continue
      }
      leave(change, hasPending: pendingPaths.contains(change.path))
    }
  }

  /// The directories above pending changes.
  private static func pathsAbove(_ rest: Plan) -> Set<ByteString> {
    var found: Set<ByteString> = []
    for change in rest.changes {
      var path = change.path.parent
      while found.insert(path).inserted, !path.isEmpty { path = path.parent }
    }
    return found
  }

  private mutating func unpin(_ change: Change) {
    unpinned += [change.origin, change.base].compactMap { $0 }
    if let place = (change.base ?? change.origin)?.repository { repositories.insert(place) }
    if let origin = change.origin { unpinned += change.below.map { origin.appending($0.path) } }
  }

  /// A file whose origin goes is known by another of its names from now on.
  private mutating func rename(_ change: Change, _ rest: Plan) {
    guard let origin = change.origin else { return }
    for (old, new) in rest.otherNames where old.isWithin(origin) {
      unpinned.removeAll { $0 == old }
      moves.append(Move(old: old, new: new))
    }
  }

  /// The session says nothing of a path any more, but for what is still pending below it.
  private mutating func leave(_ change: Change, hasPending: Bool) {
    guard let node = change.node else { return }
    if change.fileKind == .directory, hasPending || change.path.isEmpty {
      merged[node] = change.path
      return
    }
    if change.fileKind == .directory, change.kind == .modified {
      merged[node] = change.origin ?? change.path
      return
    }
    if let entry = change.entry { removedEntries.append(entry) }
    droppedNodes.append(node)
  }

  /// An opaque directory shows from now on what the lower has, but for what it still hides.
  private mutating func open(
    _ directory: NodeID, at path: ByteString, _ rest: Plan, _ tree: SavedTree
  ) {
    guard let node = tree.nodes[directory], !node.flags.contains(.merged), merged[directory] == nil
    else { return }
    merged[directory] = path
    if rest.changes.contains(where: { $0.node == directory }) { keepsAttributes.insert(directory) }
    for change in rest.changes
    where change.kind == .deleted && change.entry == nil && change.path.parent == path {
      whiteouts.append(EntryKey(parent: directory, name: change.path.lastComponent))
    }
  }
}

extension SavedTree {
  fileprivate func isWhiteout(_ key: EntryKey) -> Bool {
    (children[key.parent] ?? []).contains { $0.name == key.name && $0.node == nil }
  }

  /// The node at a path of the view, where the session has one.
  fileprivate func node(at path: ByteString, root: NodeID) -> NodeID? {
    var node = root
    for name in path.components {
      guard let next = children[node]?.first(where: { $0.name == name })?.node else { return nil }
      node = next
    }
    return node
  }
}
