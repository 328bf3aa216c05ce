import Changes
import Linux
import Store

extension Settlement {
  /// The settlement of a plan of which every change is applied.
  static var everything: Settlement {
    var settlement = Settlement()
    settlement.clears = true
    return settlement
  }

  /// Takes what was applied out of the session's tree, in a step of its own, durably.
  ///
  /// `rewritten` are nodes of which only a part was forgotten, as they shall be.
  func settle(
    _ store: SessionStore, root: Int64, pins: [PinKey: Pin], rewritten: [Node] = [],
    kind: Step.Kind, message: String
  ) throws {
    let step = store.beginStep(kind, message: message)
    store.tree.lock.with {
      if clears {
        if let root = store.roots.first(where: { $0.id == root }) { store.tree.clear(root) }
      } else {
        change(store.tree, root: root, pins: pins)
      }
      for row in rewritten { store.tree.rewrite(row) }
    }
    store.endStep(step, status: 0)
    try store.flush(durable: true)
  }

  private func change(_ tree: Tree, root: Int64, pins: [PinKey: Pin]) {
    for key in removedEntries { tree.removeEntry(parent: key.parent, name: key.name) }
    for id in droppedNodes { tree.dropSubtree(id) }
    for key in whiteouts { tree.setEntry(parent: key.parent, name: key.name, node: nil) }
    let (unpinned, repinned) = (Set(unpinned), Set(repinned))
    for (key, pin) in pins where key.root == root && !repinned.contains(key.path) {
      let isOfRepository = key.path.repository.map { repositories.contains($0) } ?? false
      if unpinned.contains(key.path) || isOfRepository {
        tree.removePin(key)
      } else if let path = moved(key.path) {
        tree.removePin(key)
        var pin = pin
        pin.path = path
        tree.replacePin(pin)
      }
    }
    for (id, node) in tree.nodes where node.row.root == root {
      var row = node.row
      if let path = merged[id] {
        row.flags.insert(.merged)
        if !keepsAttributes.contains(id) {
          row.flags.formUnion([.lowerAttributes, .lowerExtendedAttributes])
        }
        row.origin = path
      } else if let origin = row.origin, let path = moved(origin) {
        row.origin = path
      }
      if let origin = row.origin, repinned.contains(origin),
        let pin = pins[PinKey(root: root, path: origin)]
      {
        (row.originDevice, row.originInode) = (pin.device, pin.inode)
      }
      if row != node.row { tree.update(row) }
    }
    tree.prune(root, keeping: pending)
  }

  /// Where something is now that was below a renamed path; nil: where it was.
  func moved(_ path: ByteString) -> ByteString? {
    let deepest = moves.filter { path.isWithin($0.old) }.max { $0.old.count < $1.old.count }
    guard let deepest else { return nil }
    let rest = path.relative(to: deepest.old)
    return rest.isEmpty ? deepest.new : deepest.new.appending(rest)
  }
}

// All of it under the tree's lock.
extension Tree {
  /// Gives a node another content or other attributes; older steps keep what they had.
  func rewrite(_ row: Node) {
    guard let node = node(row.id) else { return }
    var row = row
    if row.object != node.row.object { row.objectStep = step }
    if row.flags.contains(.lowerExtendedAttributes), node.attributes != nil {
      node.attributes = nil
      touchAttributes(node)
    }
    update(row)
  }

  /// Ends a node with everything that is only below it.
  func dropSubtree(_ id: NodeID) {
    guard let node = node(id), node.nameCount == 0 else { return }
    let below = children(of: id)
    dropNode(id)
    for child in below { if let inner = child.node { dropSubtree(inner) } }
  }

  /// Removes directories that only led to changes which are gone.
  func prune(_ root: Int64, keeping pending: Set<NodeID>) {
    _ = pruneBelow(NodeID(root), pending)
  }

  /// Whether nothing is left below a directory.
  private func pruneBelow(_ id: NodeID, _ pending: Set<NodeID>) -> Bool {
    for entry in children(of: id) {
      guard let child = entry.node, let row = row(child), row.kind == .directory else { continue }
      let isEmpty = pruneBelow(child, pending)
      if isEmpty, row.flags.contains(.merged), !pending.contains(child),
        row.origin == path(of: entry, in: id)
      {
        removeEntry(parent: id, name: entry.name)
        dropNode(child)
      }
    }
    return children(of: id).isEmpty
  }

  /// The lower's path of a name in a merged directory.
  private func path(of entry: Entry, in directory: NodeID) -> ByteString? {
    guard let row = row(directory), row.flags.contains(.merged) else { return nil }
    return row.origin?.appending(entry.name)
  }
}
