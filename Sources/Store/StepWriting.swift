import Linux

/// What some steps of a session wrote: the nodes and names that they left otherwise.
package struct StepWriting: Sendable {
  package private(set) var nodes: Set<NodeID> = []
  package private(set) var names: Set<ChangedName> = []

  /// Compares the trees before and after; when a file was read last does not count.
  package init(_ reader: SessionReader, in steps: ClosedRange<StepID>) throws(StoreError) {
    let before = StepID(steps.lowerBound.rawValue - 1)
    let (old, new) = (try reader.tree(at: before), try reader.tree(at: steps.upperBound))
    for id in Set(old.nodes.keys).union(new.nodes.keys) {
      var row = old.nodes[id]
      if let accessed = new.nodes[id]?.accessed { row?.accessed = accessed }
      if row != new.nodes[id] { nodes.insert(id) }
    }
    for parent in Set(old.children.keys).union(new.children.keys) {
      let entries = Set(old.children[parent] ?? [])
        .symmetricDifference(new.children[parent] ?? [])
      names.formUnion(entries.map { ChangedName(parent: parent, name: $0.name) })
    }
    let attributes = try reader.extendedAttributes(at: before)
    for (id, now) in try reader.extendedAttributes(at: steps.upperBound)
    where attributes[id] != now { nodes.insert(id) }
  }
}
