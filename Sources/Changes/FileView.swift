import Linux
import Store

/// Single files as a session shows them, or as they were.
package struct FileView {
  /// What is at a path.
  package enum Found {
    case content(OpenContent)
    case symlink(ByteString)
    case other(FileKind)
    case absent
    /// What it was is gone from the project, and was not kept.
    case forgotten
  }

  package let root: Root
  private let reader: SessionReader
  private let directory: OpenFile
  private let contents: ContentReader

  /// The view of a root; `directory` is the root on the host.
  package init(_ reader: SessionReader, root: Root, _ directory: OpenFile) {
    self.root = root
    self.reader = reader
    self.directory = directory
    contents = ContentReader(reader: reader, lower: LowerTree(directory.borrowed))
  }

  /// What a path is in the session, at a step or now.
  package func content(of path: ByteString, at step: StepID? = nil) throws -> Found {
    switch try reader.find(path, in: root, at: step) {
    case .absent: return .absent
    case .lower(let origin): return try lower(origin)
    case .node(let node): return try found(node)
    }
  }

  private func found(_ node: Node) throws -> Found {
    switch node.kind {
    case .regular:
      var size = node.size
      if node.flags.contains(.lowerContent), let origin = node.origin {
        size = try contents.lower.status(origin)?.size ?? 0
      }
      let content = ContentReader.content(of: node, from: node.origin)
      return .content(try contents.open(content, size: size))
    case .symlink:
      if let target = node.target { return .symlink(target) }
      guard let origin = node.origin else { return .absent }
      return try lower(origin)
    default: return .other(node.kind)
    }
  }

  /// What the project has at a path.
  private func lower(_ path: ByteString) throws -> Found {
    guard let status = try contents.lower.status(path) else { return .absent }
    switch status.kind {
    case .regular: return .content(try contents.open(.lower(path), size: status.size))
    case .symlink: return .symlink(try contents.lower.target(path))
    default: return .other(status.kind)
    }
  }

  /// What the project had where a path of the session came from, when it was first changed.
  package func base(of path: ByteString) throws -> Found {
    var origin = path
    if case .node(let node) = try reader.find(path, in: root), let from = node.origin {
      origin = from
    }
    guard let pin = try reader.pins()[PinKey(root: root.id, path: origin)] else {
      return try lower(origin)
    }
    if let base = pin.base {
      let kept = try attempt("open what was kept of", origin) { () throws(Errno) in
        try reader.openBase(base)
      }
      return .content(OpenContent(size: pin.size, object: OpenFile(kept)))
    }
    if let target = pin.target { return .symlink(target) }
    guard let status = try contents.lower.status(origin), status.inode == pin.inode,
      status.size == pin.size, status.modified == pin.modified
    else { return pin.kind == .regular ? .forgotten : .other(pin.kind) }
    return try lower(origin)
  }
}
