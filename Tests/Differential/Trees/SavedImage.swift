import CLinux
import Linux
import Store

/// The view of a session at a step, put together from its store and the lower without any mount.
struct SavedImage {
  private let reader: SessionReader
  private let tree: SavedTree
  private let attributes: [NodeID: [ByteString: [UInt8]]]
  private let lower: Descriptor
  private var image = Image()

  /// What the session showed at the end of a step.
  static func read(_ reader: SessionReader, at step: StepID, lower: Descriptor) throws -> Image {
    var saved = SavedImage(
      reader: reader, tree: try reader.tree(at: step),
      attributes: try reader.extendedAttributes(at: step), lower: lower)
    try saved.add(NodeID(1), at: ByteString([]))
    return saved.image
  }

  private init(
    reader: SessionReader, tree: SavedTree, attributes: [NodeID: [ByteString: [UInt8]]],
    lower: Descriptor
  ) {
    self.reader = reader
    self.tree = tree
    self.attributes = attributes
    self.lower = lower
  }

  private mutating func add(_ id: NodeID, at path: ByteString) throws {
    guard let node = tree.nodes[id] else {
      image.entries[path] = Image.Entry(text: "entry without node \(id)")
      return
    }
    image.entries[path] = Image.Entry(text: try describe(node))
    guard node.kind == .directory else { return }
    var named: Set<ByteString> = []
    for entry in tree.children[id] ?? [] {
      named.insert(entry.name)
      if let child = entry.node { try add(child, at: path.appending(entry.name)) }
    }
    guard node.flags.contains(.merged), let origin = node.origin else { return }
    try addLower(origin, at: path, except: named)
  }

  private mutating func addLower(
    _ origin: ByteString, at path: ByteString, except named: Set<ByteString>
  ) throws {
    let directory = try lower.open(beneath: origin, [.directory])
    for name in try directory.borrowed.entryNames() where !named.contains(name) {
      let inner = origin.appending(name)
      let status = try directory.borrowed.status(of: name)
      if let linked = linkedNode(status) {
        try add(linked, at: path.appending(name))
        continue
      }
      image.entries[path.appending(name)] = Image.Entry(text: try describeLower(inner))
      if status.kind == .directory { try addLower(inner, at: path.appending(name), except: []) }
    }
  }

  /// The node that other names of an untouched hard link were changed through.
  private func linkedNode(_ status: FileStatus) -> NodeID? {
    guard status.linkCount > 1, status.kind != .directory else { return nil }
    return tree.nodes.values.first {
      $0.flags.contains(.linked) && $0.originInode == status.inode
        && $0.originDevice == status.device
    }?.id
  }

  private func describeLower(_ origin: ByteString) throws -> String {
    Image.describe(lower, origin.isEmpty ? "." : origin).text
  }

  private func describe(_ node: Node) throws -> String {
    let origin = node.origin ?? ByteString([])
    if node.flags.isSuperset(of: [.lowerAttributes, .lowerExtendedAttributes]) {
      return try describeLower(origin)
    }
    var text = "\(String(node.kind.modeBits | UInt32(node.permissions), radix: 8)) "
    text += "\(node.owner):\(node.group) links=\(node.linkCount)"
    if node.kind != .directory && node.kind != .fifo { text += " size=\(node.size)" }
    if node.kind != .fifo { text += " mtime=\(comparable(node.modified))" }
    text += try describeAttributes(node, origin)
    if node.kind == .regular { text += " content=\(try content(node, origin))" }
    if node.kind == .symlink {
      text += " -> " + (try node.target ?? Image.target(lower, origin)).printable
    }
    return text
  }

  private func describeAttributes(_ node: Node, _ origin: ByteString) throws -> String {
    if node.flags.contains(.lowerExtendedAttributes) {
      guard node.origin != nil else { return "" }
      return try Image.attributes(lower, origin.isEmpty ? "." : origin)
    }
    let own = attributes[node.id] ?? [:]
    return own.sorted { $0.key < $1.key }.map {
      " \($0.key.printable)=\(fingerprint($0.value))"
    }.joined()
  }

  private func content(_ node: Node, _ origin: ByteString) throws -> String {
    var digest = ContentDigest()
    var at: Int64 = 0
    let extents: [Range<Int64>]
    if let object = node.object, node.flags.contains(.partial) {
      extents = try reader.extents(of: object)
    } else {
      extents = node.object == nil ? [] : [0..<Int64.max]
    }
    let hasLower = node.flags.contains(.lowerContent) || node.flags.contains(.partial)
    while at < node.size {
      let own = extents.first { $0.upperBound > at }
      let isOwn = own.map { $0.contains(at) } ?? false
      let end = min(
        node.size, at + 1 << 18,
        isOwn ? own?.upperBound ?? .max : own?.lowerBound ?? .max)
      var bytes = [UInt8](repeating: 0, count: Int(end - at))
      try bytes.withUnsafeMutableBytes { room in
        if isOwn, let object = node.object {
          let file = try reader.openObject(object)
          _ = try file.borrowed.readFully(into: room, at: at)
        } else if hasLower {
          let file = try lower.open(beneath: origin, [])
          _ = try file.borrowed.readFully(into: room, at: at)
        }
        digest.add(UnsafeRawBufferPointer(room))
      }
      at = end
    }
    return digest.text
  }
}
