import Linux

/// The changed part of the tree at one step, as the database has it.
package struct SavedTree: Sendable {
  package var nodes: [NodeID: Node]
  /// The entries of each directory that has any, in the order of bytes.
  package var children: [NodeID: [Entry]]

  /// A tree by its parts.
  package init(nodes: [NodeID: Node], children: [NodeID: [Entry]]) {
    self.nodes = nodes
    self.children = children
  }
}

/// Where a pin belongs.
package struct PinKey: Hashable, Sendable {
  package let root: Int64
  package let path: ByteString

  /// A path of a root.
  package init(root: Int64, path: ByteString) {
    self.root = root
    self.path = path
  }
}

extension Database {
  /// Which rows hold at a step, as a condition; nil is the present.
  static func valid(at step: StepID?) -> String {
    guard let step else { return "to_step IS NULL" }
    let id = step.rawValue
    return "from_step <= \(id) AND (to_step IS NULL OR to_step > \(id))"
  }

  func tree(at step: StepID?) throws(StoreError) -> SavedTree {
    let valid = Self.valid(at: step)
    var tree = SavedTree(nodes: [:], children: [:])
    let nodes = try statement("SELECT \(Schema.nodeColumns) FROM node WHERE \(valid)")
    defer { nodes.reset() }
    while try nodes.step() {
      let node = try Node(row: nodes)
      tree.nodes[node.id] = node
    }
    let entries = try statement(
      "SELECT parent, name, node FROM entry WHERE \(valid) ORDER BY parent, name")
    defer { entries.reset() }
    while try entries.step() {
      let parent = NodeID(entries.integer(0))
      let node = entries.integer(2)
      let entry = Entry(
        parent: parent, name: ByteString(entries.bytes(1)), node: node == 0 ? nil : NodeID(node))
      tree.children[parent, default: []].append(entry)
    }
    return tree
  }

  func extendedAttributes(at step: StepID?) throws(StoreError) -> [NodeID: [ByteString: [UInt8]]] {
    let rows = try statement(
      "SELECT node, name, value FROM xattr WHERE \(Self.valid(at: step))")
    defer { rows.reset() }
    var found: [NodeID: [ByteString: [UInt8]]] = [:]
    while try rows.step() {
      found[NodeID(rows.integer(0)), default: [:]][ByteString(rows.bytes(1))] = rows.bytes(2)
    }
    return found
  }

  func pins() throws(StoreError) -> [PinKey: Pin] {
    let rows = try statement("SELECT \(Schema.pinColumns) FROM pin")
    defer { rows.reset() }
    var found: [PinKey: Pin] = [:]
    while try rows.step() {
      let pin = try Pin(row: rows)
      found[PinKey(root: pin.root, path: pin.path)] = pin
    }
    return found
  }

  func roots() throws(StoreError) -> [Root] {
    let rows = try statement("SELECT id, path, role, device, inode FROM root ORDER BY id")
    defer { rows.reset() }
    var found: [Root] = []
    while try rows.step() {
      guard let role = Root.Role(rawValue: rows.text(2)) else {
        throw .damaged("root \(rows.integer(0)) has the role '\(rows.text(2))'")
      }
      found.append(
        Root(
          id: rows.integer(0), path: ByteString(rows.bytes(1)), role: role,
          device: UInt64(bitPattern: rows.integer(3)), inode: UInt64(bitPattern: rows.integer(4))))
    }
    return found
  }

  func steps() throws(StoreError) -> [Step] {
    let rows = try statement(
      "SELECT id, kind, began, ended, command, status, message, restores FROM step ORDER BY id")
    defer { rows.reset() }
    var found: [Step] = []
    while try rows.step() { found.append(Step(row: rows)) }
    return found
  }

  /// The steps in which anything changed.
  func changingSteps() throws(StoreError) -> Set<StepID> {
    let rows = try statement(
      """
      SELECT from_step FROM node UNION SELECT to_step FROM node WHERE to_step NOT NULL
      UNION SELECT from_step FROM entry UNION SELECT to_step FROM entry WHERE to_step NOT NULL
      UNION SELECT from_step FROM xattr UNION SELECT to_step FROM xattr WHERE to_step NOT NULL
      """)
    defer { rows.reset() }
    var found: Set<StepID> = []
    while try rows.step() { found.insert(StepID(rows.integer(0))) }
    return found
  }

  func marks() throws(StoreError) -> [Mark] {
    let rows = try statement("SELECT name, step, made FROM mark ORDER BY made, name")
    defer { rows.reset() }
    var found: [Mark] = []
    while try rows.step() {
      found.append(
        Mark(
          name: rows.text(0), step: StepID(rows.integer(1)),
          made: Timestamp(nanoseconds: rows.integer(2))))
    }
    return found
  }

  func extents(of object: ObjectID) throws(StoreError) -> [Range<Int64>] {
    let rows = try statement("SELECT start, length FROM extent WHERE object = ? ORDER BY start")
    defer { rows.reset() }
    rows.bind(1, object.rawValue)
    var found: [Range<Int64>] = []
    while try rows.step() { found.append(rows.integer(0)..<(rows.integer(0) + rows.integer(1))) }
    return found
  }

  /// Refuses a file that is no session, or a newer one's.
  func checkFormat() throws(StoreError) {
    guard try integer("PRAGMA application_id") == Schema.application else {
      throw .damaged("it is not a session's database")
    }
    let version = try integer("PRAGMA user_version") ?? 0
    guard version <= Schema.version else {
      throw .newerFormat(found: version, known: Schema.version)
    }
  }
}
