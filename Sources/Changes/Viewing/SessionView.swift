import Linux
import Store

/// What a session shows of a root at a step: its own items, and the lower's everywhere else.
package final class SessionView {
  package let reader: SessionReader
  package let root: Root
  package let lower: LowerTree
  /// What the session says of its own accord, by path.
  package private(set) var items: [ByteString: ViewItem] = [:]
  /// The paths below which nothing of the lower shows, and those at which nothing is.
  private var covered: Set<ByteString> = []
  private var gone: Set<ByteString> = []

  /// Walks through the changed part of the tree; nil is the present.
  package convenience init(
    _ reader: SessionReader, root: Root, at step: StepID?, lower: LowerTree
  ) throws {
    try self.init(
      reader, root: root, lower: lower, try reader.tree(at: step),
      try reader.extendedAttributes(at: step))
  }

  init(
    _ reader: SessionReader, root: Root, lower: LowerTree, _ tree: SavedTree,
    _ attributes: [NodeID: [ByteString: [UInt8]]]
  ) throws {
    self.reader = reader
    self.root = root
    self.lower = lower
    try LayerWalk(tree, attributes, root: root, lower: lower) { self.add($0) }.run()
  }

  private func add(_ entry: LayerEntry) {
    switch entry {
    case .item(let item):
      items[item.path] = item
      if item.kind != .directory { covered.insert(item.path) }
    case .whiteout(let path):
      gone.insert(path)
      covered.insert(path)
    case .opaque(let path): covered.insert(path)
    }
  }

  /// What is at a path; nil where nothing is.
  package func item(at path: ByteString) throws -> ViewItem? {
    if let item = items[path] { return item }
    if gone.contains(path) || isCovered(path) { return nil }
    guard let status = try lower.status(path) else { return nil }
    var item = ViewItem(path: path, status: status, origin: path)
    if item.kind == .symlink { item.target = try lower.target(path) }
    item.attributes = try lower.attributes(path)
    return item
  }

  /// Whether a directory above a path hides what the lower has there.
  private func isCovered(_ path: ByteString) -> Bool {
    var above = path
    while !above.isEmpty {
      above = above.parent
      if covered.contains(above) { return true }
    }
    return false
  }

  /// The paths at which this view and another one may differ, in the order of bytes.
  package func paths(apartFrom other: SessionView) throws -> [ByteString] {
    var paths = Set(items.keys).union(other.items.keys).union(gone).union(other.gone)
    for (one, another) in [(self, other), (other, self)] {
      for path in one.covered
      where !another.covered.contains(path) && !another.isCovered(path) && !one.isCovered(path) {
        paths.formUnion(try lower.items(below: path).map { path.appending($0.path) })
      }
    }
    return paths.sorted()
  }
}
