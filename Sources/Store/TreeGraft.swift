import Linux

/// A path of a root that is brought back by itself, with everything below it.
package struct RestoredPath: Hashable, Sendable {
  package let root: Int64
  package let path: ByteString

  /// A path of a root.
  package init(root: Int64, path: ByteString) {
    self.root = root
    self.path = path
  }
}

/// The present tree, into which some paths of another step's tree are put.
///
/// A node that has another place in either tree takes that place along: bringing back one name of
/// a renamed file without the other would make two files of one.
struct TreeGraft {
  private(set) var tree: SavedTree
  private(set) var attributes: [NodeID: [ByteString: [UInt8]]]
  private let source: SavedTree
  private let sourceAttributes: [NodeID: [ByteString: [UInt8]]]
  private var places: [NodeID: Set<Place>] = [:]
  private var sourcePlaces: [NodeID: Set<Place>] = [:]
  private var waiting: [RestoredPath] = []
  private var done: Set<RestoredPath> = []

  private struct Place: Hashable {
    let parent: NodeID
    let name: ByteString
  }

  init(
    present: SavedTree, _ attributes: [NodeID: [ByteString: [UInt8]]], source: SavedTree,
    _ sourceAttributes: [NodeID: [ByteString: [UInt8]]]
  ) {
    tree = present
    self.attributes = attributes
    self.source = source
    self.sourceAttributes = sourceAttributes
    places = Self.places(in: present)
    sourcePlaces = Self.places(in: source)
  }

  private static func places(in tree: SavedTree) -> [NodeID: Set<Place>] {
    var places: [NodeID: Set<Place>] = [:]
    for entry in tree.children.values.joined() {
      if let node = entry.node {
        places[node, default: []].insert(Place(parent: entry.parent, name: entry.name))
      }
    }
    return places
  }

  /// Puts the paths in, and whatever must come with them.
  mutating func take(_ paths: [RestoredPath]) throws(StoreError) {
    waiting = paths
    while let path = waiting.popLast() {
      if done.insert(path).inserted { try take(path) }
    }
  }

  /// What the source has at a path.
  private enum Former {
    case node(NodeID)
    case nothing
    /// Whatever the lower has.
    case lower
  }

  private mutating func take(_ wanted: RestoredPath) throws(StoreError) {
    let parts = wanted.path.components
    guard let name = parts.last else {
      for tree in [tree, source] {
        for entry in tree.children[NodeID(wanted.root)] ?? [] {
          waiting.append(RestoredPath(root: wanted.root, path: entry.name))
        }
      }
      return
    }
    guard let (parent, formerParent) = try directories(above: wanted) else { return }
    let former = find(name, in: formerParent)
    let showsLower = tree.nodes[parent]?.flags.contains(.merged) ?? false
    if case .lower = former, !showsLower { throw .unreachable(wanted.path.parent) }
    if let node = entry(name, in: parent, of: tree)?.node {
      removeEntry(Place(parent: parent, name: name))
      release(node, wanted.root)
    }
    removeEntry(Place(parent: parent, name: name))
    switch former {
    case .node(let id):
      try bringBack(id, wanted.root)
      setEntry(Entry(parent: parent, name: name, node: id))
    case .nothing:
      if showsLower { setEntry(Entry(parent: parent, name: name, node: nil)) }
    case .lower: break
    }
  }

  private func find(_ name: ByteString, in former: Former) -> Former {
    guard case .node(let id) = former else { return former }
    guard let row = source.nodes[id], row.kind == .directory else { return .nothing }
    guard let entry = entry(name, in: id, of: source) else {
      return row.flags.contains(.merged) ? .lower : .nothing
    }
    return entry.node.map { .node($0) } ?? .nothing
  }

  /// The directory above a path, and what the source has in its place; nil: both leave the path to
  /// the lower.
  private mutating func directories(above wanted: RestoredPath) throws(StoreError) -> (
    NodeID, Former
  )? {
    var (here, former) = (NodeID(wanted.root), Former.node(NodeID(wanted.root)))
    var path = ByteString([])
    for part in wanted.path.components.dropLast() {
      path = path.appending(part)
      former = find(part, in: former)
      if let now = entry(part, in: here, of: tree) {
        guard let id = now.node, tree.nodes[id]?.kind == .directory else {
          throw .unreachable(path)
        }
        here = id
        continue
      }
      switch former {
      case .lower: return nil
      case .node(let id):
        guard let row = source.nodes[id], row.kind == .directory, tree.nodes[id] == nil else {
          throw .unreachable(path)
        }
        tree.nodes[id] = row
        attributes[id] = sourceAttributes[id]
        setEntry(Entry(parent: here, name: part, node: id))
        here = id
      case .nothing: throw .unreachable(path)
      }
    }
    return (here, former)
  }

  /// A node lost a name: what it was called in the source comes along, what nothing needs goes.
  private mutating func release(_ id: NodeID, _ root: Int64) {
    for place in sourcePlaces[id] ?? [] { wait(for: place, in: sourcePlaces, root) }
    guard places[id]?.isEmpty ?? true, let row = tree.nodes[id] else { return }
    if row.flags.contains(.linked) { return }
    for entry in tree.children[id] ?? [] {
      removeEntry(Place(parent: id, name: entry.name))
      if let node = entry.node { release(node, root) }
    }
    tree.nodes[id] = nil
    attributes[id] = nil
  }

  /// Takes a node's row from the source, with everything below it.
  private mutating func bringBack(_ id: NodeID, _ root: Int64) throws(StoreError) {
    guard let row = source.nodes[id] else { throw .damaged("node \(id.rawValue) is missing") }
    for place in places[id] ?? [] { wait(for: place, in: places, root) }
    tree.nodes[id] = row
    attributes[id] = sourceAttributes[id]
    for entry in tree.children[id] ?? [] {
      removeEntry(Place(parent: id, name: entry.name))
      if let node = entry.node { release(node, root) }
    }
    for entry in source.children[id] ?? [] {
      if let node = entry.node { try bringBack(node, root) }
      setEntry(entry)
    }
  }

  /// Brings back another name of a node as well.
  private mutating func wait(
    for place: Place, in places: [NodeID: Set<Place>], _ root: Int64
  ) {
    var (path, at) = (place.name, place.parent)
    while at.rawValue != root {
      guard let above = places[at]?.first else { return }
      path = above.name.appending(path)
      at = above.parent
    }
    // What is below a path that was taken is as it was in the source already.
    var covering = path
    while !covering.isEmpty {
      if done.contains(RestoredPath(root: root, path: covering)) { return }
      covering = covering.parent
    }
    waiting.append(RestoredPath(root: root, path: path))
  }
}

// One tree's entries.
extension TreeGraft {
  private func entry(_ name: ByteString, in directory: NodeID, of tree: SavedTree) -> Entry? {
    tree.children[directory]?.first { $0.name == name }
  }

  private mutating func setEntry(_ entry: Entry) {
    let place = Place(parent: entry.parent, name: entry.name)
    removeEntry(place)
    tree.children[entry.parent, default: []].append(entry)
    if let node = entry.node { places[node, default: []].insert(place) }
  }

  private mutating func removeEntry(_ place: Place) {
    guard let index = tree.children[place.parent]?.firstIndex(where: { $0.name == place.name })
    else { return }
    if let node = tree.children[place.parent]?.remove(at: index).node {
      places[node]?.remove(place)
    }
  }
}
