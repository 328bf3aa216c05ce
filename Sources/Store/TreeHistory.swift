import Linux

/// The rows of every step, in memory: for who asks about many steps of one session.
///
/// What it answers about two steps holds only what changed between them, and what leads there.
package final class TreeHistory {
  private struct Version<Value> {
    let from: Int64
    let to: Int64
    let value: Value

    func isValid(at step: Int64) -> Bool { from <= step && step < to }
  }

  private var nodes: [NodeID: [Version<Node>]] = [:]
  private var entries: [EntryName: [Version<NodeID?>]] = [:]
  private var attributes: [NodeID: [Version<(ByteString, [UInt8])>]] = [:]
  private var names: [NodeID: Set<ByteString>] = [:]
  private var places: [NodeID: Set<EntryName>] = [:]
  private var changedNodes: [Int64: Set<NodeID>] = [:]
  private var changedEntries: [Int64: Set<EntryName>] = [:]

  private struct EntryName: Hashable {
    let parent: NodeID
    let name: ByteString
  }

  /// Later than every step.
  private static let never: Int64 = 1 << 60

  init(_ database: Database) throws(StoreError) {
    try readNodes(database)
    try readEntries(database)
    try readAttributes(database)
  }

  /// The part of two trees in which they may differ, and their extended attributes.
  package struct Pair: Sendable {
    package var before = SavedTree(nodes: [:], children: [:])
    package var after = SavedTree(nodes: [:], children: [:])
    package var attributesBefore: [NodeID: [ByteString: [UInt8]]] = [:]
    package var attributesAfter: [NodeID: [ByteString: [UInt8]]] = [:]
  }

  /// The trees of two steps, where anything was changed between them.
  package func pair(from old: StepID, to new: StepID) -> Pair {
    var scope = Scope()
    for step in (min(old, new).rawValue + 1)..<(max(old, new).rawValue + 1) {
      for entry in changedEntries[step] ?? [] {
        scope.entries.insert(entry)
        for version in entries[entry] ?? [] { if let id = version.value { addTree(id, &scope) } }
      }
      for id in changedNodes[step] ?? [] { scope.nodes.insert(id) }
    }
    for id in scope.nodes { addAbove(id, &scope) }
    for entry in scope.entries { addAbove(entry.parent, &scope) }
    var pair = Pair()
    (pair.before, pair.attributesBefore) = tree(of: scope, at: old.rawValue)
    (pair.after, pair.attributesAfter) = tree(of: scope, at: new.rawValue)
    return pair
  }

  /// The nodes and names that matter.
  private struct Scope {
    var nodes: Set<NodeID> = []
    var entries: Set<EntryName> = []
    var isAbove: Set<NodeID> = []
  }

  /// A node that came or went, with everything that was ever below it.
  private func addTree(_ id: NodeID, _ scope: inout Scope) {
    guard scope.nodes.insert(id).inserted else { return }
    for name in names[id] ?? [] {
      let entry = EntryName(parent: id, name: name)
      scope.entries.insert(entry)
      for version in entries[entry] ?? [] { if let id = version.value { addTree(id, &scope) } }
    }
  }

  private func addAbove(_ id: NodeID, _ scope: inout Scope) {
    guard scope.isAbove.insert(id).inserted else { return }
    scope.nodes.insert(id)
    for entry in places[id] ?? [] {
      scope.entries.insert(entry)
      addAbove(entry.parent, &scope)
    }
  }

  private func tree(of scope: Scope, at step: Int64) -> (
    SavedTree, [NodeID: [ByteString: [UInt8]]]
  ) {
    var tree = SavedTree(nodes: [:], children: [:])
    var own: [NodeID: [ByteString: [UInt8]]] = [:]
    for id in scope.nodes {
      tree.nodes[id] = nodes[id]?.first { $0.isValid(at: step) }?.value
      for version in attributes[id] ?? [] where version.isValid(at: step) {
        own[id, default: [:]][version.value.0] = version.value.1
      }
    }
    for entry in scope.entries {
      guard let version = entries[entry]?.first(where: { $0.isValid(at: step) }) else { continue }
      tree.children[entry.parent, default: []].append(
        Entry(parent: entry.parent, name: entry.name, node: version.value))
    }
    for id in tree.children.keys { tree.children[id]?.sort { $0.name < $1.name } }
    return (tree, own)
  }
}

// Reading.
extension TreeHistory {
  private func note(_ from: Int64, _ to: Int64, _ body: (Int64) -> Void) {
    body(from)
    if to != Self.never { body(to) }
  }

  private func readNodes(_ database: Database) throws(StoreError) {
    let rows = try database.statement(
      "SELECT \(Schema.nodeColumns), from_step, to_step FROM node ORDER BY id, from_step")
    defer { rows.reset() }
    while try rows.step() {
      let node = try Node(row: rows)
      let (from, to) = (rows.integer(20), rows.optionalInteger(21) ?? Self.never)
      nodes[node.id, default: []].append(Version(from: from, to: to, value: node))
      note(from, to) { changedNodes[$0, default: []].insert(node.id) }
    }
  }

  private func readEntries(_ database: Database) throws(StoreError) {
    let rows = try database.statement(
      "SELECT parent, name, node, from_step, to_step FROM entry ORDER BY parent, name, from_step")
    defer { rows.reset() }
    while try rows.step() {
      let entry = EntryName(parent: NodeID(rows.integer(0)), name: ByteString(rows.bytes(1)))
      let node = rows.integer(2) == 0 ? nil : NodeID(rows.integer(2))
      let (from, to) = (rows.integer(3), rows.optionalInteger(4) ?? Self.never)
      entries[entry, default: []].append(Version(from: from, to: to, value: node))
      names[entry.parent, default: []].insert(entry.name)
      if let node { places[node, default: []].insert(entry) }
      note(from, to) { changedEntries[$0, default: []].insert(entry) }
    }
  }

  private func readAttributes(_ database: Database) throws(StoreError) {
    let rows = try database.statement("SELECT node, name, value, from_step, to_step FROM xattr")
    defer { rows.reset() }
    while try rows.step() {
      let id = NodeID(rows.integer(0))
      let (from, to) = (rows.integer(3), rows.optionalInteger(4) ?? Self.never)
      let value = (ByteString(rows.bytes(1)), rows.bytes(2))
      attributes[id, default: []].append(Version(from: from, to: to, value: value))
      note(from, to) { changedNodes[$0, default: []].insert(id) }
    }
  }
}

extension SessionReader {
  /// The rows of every step, read at once.
  package func history() throws(StoreError) -> TreeHistory { try TreeHistory(database) }
}
