import Linux
import Store

/// Where the session's tree has each node, and what of the lower has moved.
struct Survey {
  /// One place of a node.
  struct Placement {
    let path: ByteString
    /// The path of the lower that the place stands on.
    let base: ByteString?
    let entry: EntryKey
  }

  private let tree: SavedTree
  private let root: Root
  private let lower: LowerTree
  private(set) var placements: [NodeID: [Placement]] = [:]
  private(set) var claims: [ByteString: EntryKey] = [:]
  /// The paths of the lower whose things are at other places.
  private(set) var moved: Set<ByteString> = []
  /// Where the lower has a node's inode under another name than its origin, which is gone.
  private(set) var otherOrigins: [NodeID: ByteString] = [:]

  init(tree: SavedTree, root: Root, lower: LowerTree) throws {
    self.tree = tree
    self.lower = lower
    self.root = root
    // A directory that has moved has no lower below its old place: what seemed to be at home there
    // then has moved as well. Each round finds at least one more, so this ends.
    while true {
      placements = [:]
      claims = [:]
      walk(root.node, at: ByteString([]), base: ByteString([]))
      let found = try movedPaths()
      if found == moved { return }
      moved = found
    }
  }

  private mutating func walk(_ directory: NodeID, at path: ByteString, base: ByteString?) {
    for entry in tree.children[directory] ?? [] {
      let place = path.appending(entry.name)
      let under = base?.appending(entry.name)
      let key = EntryKey(parent: directory, name: entry.name)
      if let under { claims[under] = key }
      guard let id = entry.node, let node = tree.nodes[id] else { continue }
      placements[id, default: []].append(Placement(path: place, base: under, entry: key))
      if node.kind == .directory { walk(id, at: place, base: childBase(of: node, on: under)) }
    }
  }

  /// The path of the lower on which the names in a directory stand.
  func childBase(of node: Node, on base: ByteString?) -> ByteString? {
    if node.flags.contains(.merged) { return origin(of: node) }
    guard let base, !moved.contains(base) else { return nil }
    return base
  }

  /// Where the lower has what a node came from.
  func origin(of node: Node) -> ByteString? { otherOrigins[node.id] ?? node.origin }

  private mutating func movedPaths() throws -> Set<ByteString> {
    var found: Set<ByteString> = []
    for (id, places) in placements {
      guard let origin = tree.nodes[id]?.origin else { continue }
      if places.contains(where: { $0.base == origin }) { continue }
      if let other = try otherName(of: id, places) {
        otherOrigins[id] = other
      } else {
        found.insert(origin)
      }
    }
    return found
  }

  /// A place on which the lower has the very inode: a hard link of it, or the host made the same
  /// rename.
  private func otherName(of id: NodeID, _ places: [Placement]) throws -> ByteString? {
    guard let node = tree.nodes[id] else { return nil }
    for base in places.compactMap(\.base).sorted() where !moved.contains(base) {
      guard let status = try lower.status(base) else { continue }
      if status.inode == node.originInode, status.device == node.originDevice { return base }
    }
    return nil
  }

  /// The place that counts as the node's own: at home if it is there, else the first by path.
  func home(of id: NodeID) -> Placement? {
    guard let places = placements[id] else { return nil }
    let node = tree.nodes[id]
    if let origin = node.flatMap({ self.origin(of: $0) }),
      let home = places.first(where: { $0.base == origin })
    {
      return home
    }
    return places.min { $0.path < $1.path }
  }
}
