import Linux

/// A branch's tree and the tree of the session it came from, in one again, row by row.
///
/// What the branch changed since its base is done to the session's tree as it is now. Nodes that
/// both have keep their numbers; what the branch made gets new ones. Where both changed the same
/// thing differently there is a conflict, but contents are left to the caller, who can read them.
package struct TreeMerge {
  /// A tree with its extended attributes.
  package struct Side {
    package let tree: SavedTree
    package let attributes: [NodeID: [ByteString: [UInt8]]]

    /// A tree of a session.
    package init(_ tree: SavedTree, _ attributes: [NodeID: [ByteString: [UInt8]]]) {
      self.tree = tree
      self.attributes = attributes
    }
  }

  /// Something that both changed, each in its way.
  package struct Conflict: Hashable, Sendable, CustomStringConvertible {
    /// In which way.
    package enum Reason: String, Sendable {
      case name = "both gave the name to different things"
      case content = "both changed the content"
      case attributes = "both changed mode, owner or attributes"
      case deletedHere = "the branch changed it, the session deleted it"
      case deletedThere = "the branch deleted it, the session changed it"
      case place = "both moved it, to different places"
    }

    package let path: ByteString
    package let reason: Reason

    /// A conflict at a path.
    package init(path: ByteString, reason: Reason) {
      self.path = path
      self.reason = reason
    }

    package var description: String { "'\(path.printable)': \(reason.rawValue)" }
  }

  /// A file whose content both changed.
  package struct Contested: Sendable {
    package let node: NodeID
    package let path: ByteString
    /// What the branch began with; nil: what the project had at the place, if anything.
    package let base: Node?
    /// Where the project had it.
    package let lower: ByteString?
    package let branch: Node
    package let session: Node
  }

  /// The merged tree, in the session's numbers.
  package internal(set) var tree: SavedTree
  package internal(set) var attributes: [NodeID: [ByteString: [UInt8]]]
  package internal(set) var conflicts: [Conflict] = []
  package internal(set) var contested: [Contested] = []
  /// The branch's objects that the session's rows need: the caller replaces their numbers.
  package internal(set) var imported: [NodeID: ObjectID] = [:]
  /// Whether the branch brought anything.
  package internal(set) var hasChanges = false

  let base: Side
  let branch: Side
  let former: SavedTree
  var numbers: [NodeID: NodeID] = [:]
  /// What the branch made: its numbers, and the session's new ones.
  var isNew: Set<NodeID> = []
  var made: Set<NodeID> = []
  var nextNumber: Int64
  var paths: [NodeID: ByteString] = [:]
  /// What stood at its place when the branch began, of what both put something else for.
  var replaced: [NodeID: Node] = [:]
  var lowers: [NodeID: ByteString] = [:]
  /// Nodes of the session whose change is in the file that the branch put in their place.
  var superseded: Set<NodeID> = []

  /// Merges: `base` and `branch` are the branch's trees then and now, `former` and `session` the
  /// session's own; `next` is the first number that is free in the session.
  package init(
    base: Side, branch: Side, former: SavedTree, session: Side, roots: [Root], next: Int64
  ) {
    self.base = base
    self.branch = branch
    self.former = former
    tree = session.tree
    attributes = session.attributes
    nextNumber = next
    for root in roots {
      numbers[root.node] = root.node
      pair(root.node, root.node, base.tree, former)
    }
    for root in roots { number(below: root.node, path: ByteString([])) }
    for root in roots { findSessionPaths(below: root.node, ByteString([])) }
    mergeRows()
    mergeEntries()
    checkPlaces(roots)
    conflicts = Set(conflicts).sorted {
      ($0.path, $0.reason.rawValue) < ($1.path, $1.reason.rawValue)
    }
  }
}

// Which node of the branch is which of the session.
extension TreeMerge {
  /// Nodes that were at the same places when the branch began, or was merged last.
  private mutating func pair(_ one: NodeID, _ other: NodeID, _ left: SavedTree, _ right: SavedTree)
  {
    let there = Dictionary(
      uniqueKeysWithValues: (right.children[other] ?? []).map { ($0.name, $0.node) })
    for entry in left.children[one] ?? [] {
      guard let id = entry.node, let twin = there[entry.name] ?? nil, numbers[id] == nil,
        left.nodes[id]?.kind == right.nodes[twin]?.kind
      else { continue }
      numbers[id] = twin
      pair(id, twin, left, right)
    }
  }

  /// Gives what the branch made or touched first the session's number, or a new one.
  private mutating func number(below directory: NodeID, path: ByteString) {
    guard let own = numbers[directory] else { return }
    let here = Dictionary(
      uniqueKeysWithValues: (tree.children[own] ?? []).map { ($0.name, $0.node) })
    for entry in branch.tree.children[directory] ?? [] {
      guard let id = entry.node, let row = branch.tree.nodes[id] else { continue }
      let place = path.appending(entry.name)
      if numbers[id] == nil {
        if let twin = here[entry.name] ?? nil, let other = tree.nodes[twin], isSame(row, other) {
          numbers[id] = twin
          noteReplaced(by: twin, entry)
        } else {
          numbers[id] = NodeID(nextNumber)
          made.insert(NodeID(nextNumber))
          isNew.insert(id)
          nextNumber += 1
        }
      }
      if let known = numbers[id], paths[known] == nil {
        paths[known] = place
        if row.kind == .directory { number(below: id, path: place) }
      }
    }
  }

  /// Remembers what was at a name before both put something of their own there.
  private mutating func noteReplaced(by number: NodeID, _ entry: Entry) {
    let before = base.tree.children[entry.parent]?.first { $0.name == entry.name }
    if let row = before?.node.flatMap({ base.tree.nodes[$0] }) { replaced[number] = row }
    if before == nil, let above = branch.tree.nodes[entry.parent], above.flags.contains(.merged) {
      lowers[number] = above.origin?.appending(entry.name)
    }
  }

  private mutating func findSessionPaths(below directory: NodeID, _ path: ByteString) {
    for entry in tree.children[directory] ?? [] {
      guard let id = entry.node, let row = tree.nodes[id] else { continue }
      let place = path.appending(entry.name)
      if paths[id] == nil { paths[id] = place }
      if row.kind == .directory { findSessionPaths(below: id, place) }
    }
  }

  /// Whether both put something there that is to become one: a file, whose contents can be merged,
  /// or a directory that both made, or took over from the project.
  private func isSame(_ row: Node, _ other: Node) -> Bool {
    row.kind == other.kind && row.root == other.root && base.tree.nodes[row.id] == nil
      && former.nodes[other.id] == nil && (row.kind == .regular || row.origin == other.origin)
  }
}

// Rows.
extension TreeMerge {
  private mutating func mergeRows() {
    for (id, row) in branch.tree.nodes {
      guard let number = numbers[id] else { continue }
      if isNew.contains(id) { add(row, as: number) } else { merge(row, as: number) }
    }
  }

  private mutating func add(_ row: Node, as number: NodeID) {
    var made = row
    made.id = number
    tree.nodes[number] = made
    attributes[number] = branch.attributes[row.id]
    if let object = row.object { imported[number] = object }
    hasChanges = true
  }

  private mutating func merge(_ row: Node, as number: NodeID) {
    let before = base.tree.nodes[row.id]
    if let before, before.isSame(as: row), base.attributes[row.id] == branch.attributes[row.id] {
      return
    }
    guard var now = tree.nodes[number] else { return mergeReplaced(row, before) }
    let then = former.nodes[number]
    mergeContent(row, before, &now, then)
    mergeAttributes(row, before, &now, then)
    if let before { now.linkCount = now.linkCount &+ row.linkCount &- before.linkCount }
    now.flags = now.flags.union(row.flags.intersection([.linked]))
    tree.nodes[number] = now
  }

  /// A file that the branch wrote while the session put another one in its place.
  private mutating func mergeReplaced(_ row: Node, _ before: Node?) {
    guard let entry = branch.tree.children.values.joined().first(where: { $0.node == row.id }),
      let parent = numbers[entry.parent]
    else { return }
    let here = tree.children[parent]?.first { $0.name == entry.name }?.node
    guard let here, let now = tree.nodes[here], now.kind == .regular, row.kind == .regular,
      former.nodes[here] == nil
    else {
      if row.isLowers { return }
      let place = path(parent).appending(entry.name)
      conflicts.append(Conflict(path: place, reason: .deletedHere))
      return
    }
    hasChanges = true
    contest(here, before, row, now)
  }

  mutating func contest(_ id: NodeID, _ base: Node?, _ row: Node, _ now: Node) {
    contested.append(
      Contested(
        node: id, path: path(id), base: base ?? replaced[id], lower: lowers[id] ?? row.origin,
        branch: row, session: now))
  }

  private mutating func mergeContent(
    _ row: Node, _ before: Node?, _ now: inout Node, _ then: Node?
  ) {
    let isChanged = before.map { !$0.hasContent(of: row) } ?? row.hasOwnContent
    guard isChanged, row.kind != .directory else { return }
    hasChanges = true
    let isContested = then.map { !$0.hasContent(of: now) } ?? now.hasOwnContent
    if isContested, !(row.kind == .symlink && row.target == now.target) {
      return contest(now.id, before, row, now)
    }
    now.takeContent(of: row)
    imported[now.id] = row.object
  }

  private mutating func mergeAttributes(
    _ row: Node, _ before: Node?, _ now: inout Node, _ then: Node?
  ) {
    let isChanged =
      before.map { !$0.hasAttributes(of: row) } ?? !row.flags.contains(.lowerAttributes)
    if isChanged {
      hasChanges = true
      let isOthers =
        then.map { !$0.hasAttributes(of: now) } ?? !now.flags.contains(.lowerAttributes)
      let isBoth = isOthers && !now.hasMode(of: row)
      if isBoth, before.map({ !$0.hasMode(of: row) }) ?? true {
        conflicts.append(Conflict(path: path(now.id), reason: .attributes))
      } else if !isOthers {
        now.takeAttributes(of: row)
      }
    }
    mergeExtended(row, &now)
  }

  private mutating func mergeExtended(_ row: Node, _ now: inout Node) {
    let (old, new) = (base.attributes[row.id], branch.attributes[row.id])
    guard old != new, attributes[now.id] != new else { return }
    hasChanges = true
    if attributes[now.id] != old {
      conflicts.append(Conflict(path: path(now.id), reason: .attributes))
    } else {
      attributes[now.id] = new
      now.flags.remove(.lowerExtendedAttributes)
    }
  }
}
