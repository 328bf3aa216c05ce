import Linux
import Store

/// One file, directory, symlink or special file as the session shows it.
package struct ViewItem: Sendable {
  /// What several names of one file have in common.
  package enum Identity: Hashable, Sendable {
    case node(NodeID)
    case lower(device: UInt64, inode: UInt64)
  }

  /// Relative to the root; empty is the root itself.
  package var path: ByteString
  package var kind: FileKind
  package var permissions: UInt16
  package var owner: UInt32
  package var group: UInt32
  package var device: UInt64
  package var size: Int64
  package var modified: Timestamp
  package var target: ByteString?
  package var content: Content
  package var attributes: [ByteString: [UInt8]] = [:]
  /// nil where the file has only this name.
  package var identity: Identity?
  /// The session's node; nil where it never touched what is there.
  package var node: NodeID?
  /// Where the project has it, or what it came from.
  package var origin: ByteString?

  /// What the project has at a path.
  package init(path: ByteString, status: FileStatus, origin: ByteString) {
    self.path = path
    kind = status.kind
    permissions = UInt16(status.permissions)
    owner = status.owner
    group = status.group
    device = UInt64(status.raw.st_rdev)
    size = status.kind == .regular ? status.size : 0
    modified = status.modified
    content = status.kind == .regular ? .lower(origin) : .zeros
    self.origin = origin
    if status.kind != .directory, status.linkCount > 1 {
      identity = .lower(device: status.device, inode: status.inode)
    }
  }

  /// What the session's own row says.
  package init(path: ByteString, node: Node) {
    self.path = path
    kind = node.kind
    permissions = node.permissions
    owner = node.owner
    group = node.group
    device = node.device
    size = node.kind == .regular ? node.size : 0
    modified = node.modified
    target = node.target
    self.node = node.id
    origin = node.origin
    content = ContentReader.content(of: node, from: node.origin)
    if node.kind != .directory, node.linkCount > 1 || node.flags.contains(.linked) {
      identity = .node(node.id)
    }
  }
}

/// One difference between a session's view of a root and the root itself, in layers' terms.
package enum LayerEntry: Sendable {
  /// Something that is there, whatever was there before; a directory keeps what is below it.
  case item(ViewItem)
  /// Nothing is there any more.
  case whiteout(ByteString)
  /// Nothing of what was below the directory is there any more.
  case opaque(ByteString)
}
