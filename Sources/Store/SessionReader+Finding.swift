import Linux

/// What a path of the view is at a step.
package enum Whereabouts: Hashable, Sendable {
  /// The session's own row says what is there.
  case node(Node)
  /// The session never touched it: it is what the project has at this path.
  case lower(ByteString)
  case absent
}

extension SessionReader {
  /// What a path of a root is at a step, by a few rows only; nil is the present.
  package func find(_ path: ByteString, in root: Root, at step: StepID? = nil) throws(StoreError)
    -> Whereabouts
  {
    guard var node = try row(of: root.node, at: step) else { return .absent }
    var rest = path.components[...]
    while let name = rest.popFirst() {
      guard node.kind == .directory else { return .absent }
      switch try entry(name, in: node.id, at: step) {
      case .some(0): return .absent
      case .some(let id):
        guard let next = try row(of: NodeID(id), at: step) else { return .absent }
        node = next
      case nil:
        guard node.flags.contains(.merged), let origin = node.origin else { return .absent }
        return .lower(rest.reduce(origin.appending(name)) { $0.appending($1) })
      }
    }
    return .node(node)
  }

  private static func valid(_ place: Int) -> String {
    "from_step <= ?\(place) AND coalesce(to_step, 1 << 60) > ?\(place)"
  }

  /// Later than every step: the rows that hold then are the present ones.
  private static let present: Int64 = 1 << 59

  private func row(of id: NodeID, at step: StepID?) throws(StoreError) -> Node? {
    let row = try database.statement(
      "SELECT \(Schema.nodeColumns) FROM node WHERE id = ?1 AND \(Self.valid(2))")
    defer { row.reset() }
    row.bind(1, id.rawValue)
    row.bind(2, step?.rawValue ?? Self.present)
    return try row.step() ? Node(row: row) : nil
  }

  private func entry(_ name: ByteString, in parent: NodeID, at step: StepID?) throws(StoreError)
    -> Int64?
  {
    let row = try database.statement(
      "SELECT node FROM entry WHERE parent = ?1 AND name = ?2 AND \(Self.valid(3))")
    defer { row.reset() }
    row.bind(1, parent.rawValue)
    row.bind(2, name.bytes)
    row.bind(3, step?.rawValue ?? Self.present)
    return try row.step() ? row.integer(0) : nil
  }
}
