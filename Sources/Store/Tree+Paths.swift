import Linux

// For who works on a resting session (apply, discard, undo): by name and number.
extension Tree {
  /// What a directory says about a name.
  package func find(_ name: ByteString, in directory: NodeID) -> Found {
    guard let directory = nodes[directory] else { return .absent }
    return name.withBuffer { find($0, in: directory) }
  }

  /// The row of a node, as it is now.
  package func row(_ id: NodeID) -> Node? { nodes[id]?.row }

  /// Replaces the row of the node with the same number.
  package func update(_ row: Node) {
    guard let node = nodes[row.id] else { return }
    node.row = row
    touch(node)
  }

  /// Lets a name stand for a node, or for nothing (nil: a whiteout).
  package func setEntry(parent: NodeID, name: ByteString, node: NodeID?) {
    guard let directory = nodes[parent] else { return }
    name.withBuffer { setEntry($0, in: directory, to: node.flatMap { nodes[$0] }) }
  }

  /// Forgets what the session says about a name: the lower decides again.
  package func removeEntry(parent: NodeID, name: ByteString) {
    guard let directory = nodes[parent] else { return }
    name.withBuffer { removeEntry($0, in: directory) }
  }

  /// Ends a node and its entries.
  package func dropNode(_ id: NodeID) {
    if let node = nodes[id] { drop(node) }
  }

  /// The entries of a directory, in the order of bytes.
  package func children(of id: NodeID) -> [Entry] {
    guard let directory = nodes[id] else { return [] }
    var found: [Entry] = []
    forEachEntry(of: directory) { name, node in
      found.append(Entry(parent: id, name: name, node: node?.id))
    }
    return found.sorted { $0.name < $1.name }
  }
}
