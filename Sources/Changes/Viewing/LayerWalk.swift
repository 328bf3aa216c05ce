import Linux
import Store

/// Goes through what a session changed in a root, as a layer over the root.
///
/// While a directory is at home (its path is that of the lower directory it merges), only its
/// entries differ from the lower. Below any other directory everything is part of the layer: what
/// a renamed directory brought along, and what a new one holds.
package final class LayerWalk {
  private let tree: SavedTree
  private let attributes: [NodeID: [ByteString: [UInt8]]]
  private let root: Root
  private let lower: LowerTree
  private let body: (LayerEntry) throws -> Void
  /// Nodes to which names of the lower lead that the session never touched.
  private let linked: [ViewItem.Identity: Node]
  private var shown: Set<ByteString> = []

  /// A walk through what a session changed in a root at a step, or until now.
  package convenience init(
    _ reader: SessionReader, root: Root, at step: StepID?, lower: LowerTree,
    _ body: @escaping (LayerEntry) throws -> Void
  ) throws {
    self.init(
      try reader.tree(at: step), try reader.extendedAttributes(at: step), root: root, lower: lower,
      body)
  }

  /// A walk through a tree that was read before.
  init(
    _ tree: SavedTree, _ attributes: [NodeID: [ByteString: [UInt8]]], root: Root,
    lower: LowerTree, _ body: @escaping (LayerEntry) throws -> Void
  ) {
    self.tree = tree
    self.attributes = attributes
    self.root = root
    self.lower = lower
    self.body = body
    var linked: [ViewItem.Identity: Node] = [:]
    for node in tree.nodes.values where node.flags.contains(.linked) && node.root == root.id {
      linked[.lower(device: node.originDevice, inode: node.originInode)] = node
    }
    self.linked = linked
  }

  /// Calls the body for every difference: a directory before what is in it, names in their order.
  package func run() throws {
    guard let top = tree.nodes[root.node] else { return }
    let path = ByteString([])
    try show(item(of: top, at: path))
    try walkAtHome(top, path)
    if !linked.isEmpty { try findLinks(below: path, top) }
  }

  private func show(_ item: ViewItem) throws {
    if item.kind == .directory || item.identity != nil { shown.insert(item.path) }
    try body(.item(item))
  }

  private func walkAtHome(_ directory: Node, _ path: ByteString) throws {
    for entry in tree.children[directory.id] ?? [] {
      let place = path.appending(entry.name)
      guard let id = entry.node, let node = tree.nodes[id] else {
        if try lower.status(place) != nil { try body(.whiteout(place)) }
        continue
      }
      try show(item(of: node, at: place))
      guard node.kind == .directory else { continue }
      if node.flags.contains(.merged), node.origin == place {
        try walkAtHome(node, place)
      } else {
        if try lower.status(place)?.kind == .directory { try body(.opaque(place)) }
        try walkWhole(node, place)
      }
    }
  }

  /// Everything in a directory that is not at home.
  private func walkWhole(_ directory: Node, _ path: ByteString) throws {
    let entries = tree.children[directory.id] ?? []
    var names = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.node) })
    let origin = directory.flags.contains(.merged) ? directory.origin : nil
    if let origin {
      for name in try lower.names(origin) where names[name] == nil {
        names[name] = .some(NodeID(0))
      }
    }
    for (name, id) in names.sorted(by: { $0.key < $1.key }) {
      let place = path.appending(name)
      if let id, let node = tree.nodes[id] {
        try show(item(of: node, at: place))
        if node.kind == .directory { try walkWhole(node, place) }
      } else if id != nil, let origin {
        try showLower(origin.appending(name), at: place)
      }
    }
  }

  private func showLower(_ origin: ByteString, at place: ByteString) throws {
    guard let status = try lower.status(origin) else { return }
    let item = try lowerItem(status, origin, at: place)
    try show(item)
    guard item.kind == .directory else { return }
    for name in try lower.names(origin) {
      try showLower(origin.appending(name), at: place.appending(name))
    }
  }

  /// A name of the lower; it may lead to a node that the session changed through another name.
  private func lowerItem(_ status: FileStatus, _ origin: ByteString, at place: ByteString) throws
    -> ViewItem
  {
    var item = ViewItem(path: place, status: status, origin: origin)
    if let identity = item.identity, let node = linked[identity] {
      return try self.item(of: node, at: place)
    }
    if item.kind == .symlink { item.target = try lower.target(origin) }
    item.attributes = try lower.attributes(origin)
    return item
  }

  private func item(of node: Node, at path: ByteString) throws -> ViewItem {
    var item = ViewItem(path: path, node: node)
    guard let origin = node.origin else {
      item.attributes = attributes[node.id] ?? [:]
      return item
    }
    if node.flags.contains(.lowerAttributes), let status = try lower.status(origin) {
      let under = ViewItem(path: path, status: status, origin: origin)
      item.permissions = under.permissions
      item.owner = under.owner
      item.group = under.group
      item.modified = under.modified
      if case .lower = item.content { item.size = under.size }
    }
    if item.kind == .symlink, item.target == nil { item.target = try lower.target(origin) }
    item.attributes =
      node.flags.contains(.lowerExtendedAttributes)
      ? try lower.attributes(origin) : attributes[node.id] ?? [:]
    return item
  }
}

// Hard links of the lower that the session reached by another name. Only a look at every name
// finds them, so this is done only when there is such a node.
extension LayerWalk {
  private func findLinks(below path: ByteString, _ directory: Node?) throws {
    let entries = Dictionary(
      uniqueKeysWithValues: (directory.flatMap { tree.children[$0.id] } ?? []).map {
        ($0.name, $0.node)
      })
    for name in try lower.names(path) {
      let place = path.appending(name)
      if let entry = entries[name] {
        if let id = entry, let node = tree.nodes[id], node.kind == .directory,
          node.flags.contains(.merged), node.origin == place
        {
          try findLinks(below: place, node)
        }
        continue
      }
      guard let status = try lower.status(place) else { continue }
      if status.kind == .directory {
        try findLinks(below: place, nil)
      } else if status.linkCount > 1,
        let node = linked[.lower(device: status.device, inode: status.inode)]
      {
        try showAbove(place)
        try show(item(of: node, at: place))
      }
    }
  }

  private func showAbove(_ path: ByteString) throws {
    var above: [ByteString] = []
    var at = path.parent
    while !at.isEmpty, !shown.contains(at) {
      above.append(at)
      at = at.parent
    }
    for directory in above.reversed() {
      guard let status = try lower.status(directory) else { continue }
      try show(lowerItem(status, directory, at: directory))
    }
  }
}
