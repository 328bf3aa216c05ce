import Linux

/// A name in the view that is not what it was before.
package struct ChangedName: Hashable, Sendable {
  package let parent: NodeID
  package let name: ByteString

  /// A name in a directory.
  package init(parent: NodeID, name: ByteString) {
    self.parent = parent
    self.name = name
  }
}

// Going back and forth between steps. Nothing is ever lost by it: what is brought back is a new
// step, whose rows equal those of the old one.
extension SessionStore {
  /// Opens a step whose tree is that of an earlier step; answers which names now differ.
  ///
  /// With paths, only they become what they were, and the rest stays.
  ///
  /// Whoever serves the tree meanwhile must hold its changes back until this returns.
  package func restore(
    to target: StepID, as kind: Step.Kind, message: String = "", only paths: [RestoredPath] = []
  ) throws(StoreError) -> (step: Step, changed: Set<ChangedName>) {
    try flush(durable: false)
    var (saved, attributes) = try readTree(at: target)
    if !paths.isEmpty {
      let (present, own) = try readTree(at: nil)
      var graft = TreeGraft(present: present, own, source: saved, attributes)
      try graft.take(paths)
      (saved, attributes) = (graft.tree, graft.attributes)
    }
    var step = beginStep(kind, message: message, restores: paths.isEmpty ? target : nil)
    let changed = tree.lock.with { tree.become(saved, attributes) }
    for node in tree.lock.with({ Array(tree.nodes.values) })
    where node.row.flags.contains(.partial) {
      try loadExtents(of: node)
    }
    endStep(step, status: 0)
    step.ended = .now
    try flush(durable: true)
    return (step, changed)
  }

  /// Gives a step a name; an existing name moves only when `replacing`.
  package func setMark(_ name: String, at step: StepID, replacing: Bool) throws(StoreError) -> Bool
  {
    try write { database throws(StoreError) in
      if !replacing, try database.marks().contains(where: { $0.name == name }) { return false }
      let row = try database.statement(
        "INSERT OR REPLACE INTO mark (name, step, made) VALUES (?,?,?)")
      row.bind(1, name)
      row.bind(2, step.rawValue)
      row.bind(3, Timestamp.now.nanoseconds)
      try row.run()
      return true
    }
  }

  /// Takes a step's name away; false when there is none.
  package func removeMark(_ name: String) throws(StoreError) -> Bool {
    try write { database throws(StoreError) in
      guard try database.marks().contains(where: { $0.name == name }) else { return false }
      let row = try database.statement("DELETE FROM mark WHERE name = ?")
      row.bind(1, name)
      try row.run()
      return true
    }
  }
}

extension Tree {
  /// Becomes what was saved, under the lock; answers which names now differ.
  func become(_ saved: SavedTree, _ attributes: [NodeID: [ByteString: [UInt8]]]) -> Set<ChangedName>
  {
    var changed: Set<ChangedName> = []
    for row in saved.nodes.values { bringBack(row, attributes[row.id]) }
    for (id, directory) in nodes {
      let wanted = Dictionary(
        uniqueKeysWithValues: (saved.children[id] ?? []).map { ($0.name, $0.node) })
      changed.formUnion(setNames(of: directory, to: wanted))
    }
    for (id, node) in nodes where saved.nodes[id] == nil { drop(node) }
    return changed
  }

  private func bringBack(_ row: Node, _ attributes: [ByteString: [UInt8]]?) {
    guard let node = nodes[row.id] else {
      let node = LiveNode(row)
      node.attributes = attributes
      insert(node)
      if attributes != nil { touchAttributes(node) }
      return
    }
    if node.row != row {
      if node.row.object != row.object { releaseObject(of: node) }
      node.row = row
      touch(node)
    }
    if node.attributes != attributes {
      node.attributes = attributes
      touchAttributes(node)
    }
  }

  private func setNames(of directory: LiveNode, to wanted: [ByteString: NodeID?])
    -> Set<ChangedName>
  {
    var changed: Set<ChangedName> = []
    for entry in children(of: directory.id) where wanted[entry.name] == nil {
      removeEntry(parent: directory.id, name: entry.name)
      changed.insert(ChangedName(parent: directory.id, name: entry.name))
    }
    for (name, node) in wanted {
      switch (find(name, in: directory.id), node) {
      case (.whiteout, nil): continue
      case (.node(let there), let id?) where there.id == id: continue
      default: break
      }
      setEntry(parent: directory.id, name: name, node: node)
      changed.insert(ChangedName(parent: directory.id, name: name))
    }
    return changed
  }
}
