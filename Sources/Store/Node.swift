import Linux

/// What of a node still comes from the lower.
package struct NodeFlags: OptionSet, Hashable, Sendable {
  package let rawValue: Int64
  /// Flags as the database has them.
  package init(rawValue: Int64) { self.rawValue = rawValue }

  /// The attributes (mode, owner, times) were not changed: the lower's at `origin` hold.
  package static let lowerAttributes = NodeFlags(rawValue: 1)
  /// The content was not changed: a regular file's bytes are the lower's at `origin`.
  package static let lowerContent = NodeFlags(rawValue: 2)
  /// A directory that shows the lower's children at `origin` where no entry says otherwise.
  package static let merged = NodeFlags(rawValue: 4)
  /// The object holds only the blocks listed for it; the rest is the lower's at `origin`.
  package static let partial = NodeFlags(rawValue: 8)
  /// Untouched names of the lower lead to this node as well: it lives without an entry.
  package static let linked = NodeFlags(rawValue: 32)
  /// The extended attributes were not changed: the lower's at `origin` hold.
  package static let lowerExtendedAttributes = NodeFlags(rawValue: 16)
}

/// One file, directory, symlink or special file that the session changed, as a row has it.
package struct Node: Hashable, Sendable {
  package var id: NodeID
  /// The root whose lower `origin` is relative to.
  package var root: Int64
  package var kind: FileKind
  package var flags: NodeFlags
  /// Permission bits with set-id and sticky.
  package var permissions: UInt16
  package var owner: UInt32
  package var group: UInt32
  package var device: UInt64
  package var linkCount: UInt32
  package var size: Int64
  package var accessed: Timestamp
  package var modified: Timestamp
  package var changed: Timestamp
  /// The inode number that the view shows.
  package var inode: UInt64
  /// The object with the content; nil is an empty file, a hole, or the lower's content.
  package var object: ObjectID?
  /// The step that made the object; in any later step the object is immutable.
  package var objectStep: StepID
  /// What a symlink points to.
  package var target: ByteString?
  /// Where the lower has what this node came from, relative to its root; nil: made in the session.
  package var origin: ByteString?
  /// The lower inode's identity when the node came from there, else 0.
  package var originDevice: UInt64
  package var originInode: UInt64
}

extension Node {
  /// A node that the session makes, with every time now.
  package init(
    root: Int64, kind: FileKind, permissions: UInt16, owner: UInt32, group: UInt32, step: StepID
  ) {
    let now = Timestamp.now
    self.init(
      id: NodeID(0), root: root, kind: kind, flags: [], permissions: permissions, owner: owner,
      group: group, device: 0, linkCount: kind == .directory ? 2 : 1, size: 0, accessed: now,
      modified: now, changed: now, inode: 0, object: nil, objectStep: step, target: nil,
      origin: nil, originDevice: 0, originInode: 0)
  }

  /// A node that is the lower's at `origin` in everything, until something is changed.
  package init(root: Int64, origin: ByteString, status: FileStatus, step: StepID) {
    self.init(
      id: NodeID(0), root: root, kind: status.kind,
      flags: [.lowerAttributes, .lowerContent, .lowerExtendedAttributes],
      permissions: UInt16(status.permissions), owner: status.owner, group: status.group,
      device: UInt64(status.raw.st_rdev),
      linkCount: UInt32(truncatingIfNeeded: status.linkCount), size: status.size,
      accessed: status.accessed, modified: status.modified, changed: status.changed,
      inode: status.inode, object: nil, objectStep: step, target: nil, origin: origin,
      originDevice: status.device, originInode: status.inode)
    if kind == .directory { flags = [.lowerAttributes, .merged, .lowerExtendedAttributes] }
  }
}

/// One name in a directory: a node, or a whiteout that hides the lower's.
package struct Entry: Hashable, Sendable {
  package var parent: NodeID
  package var name: ByteString
  /// nil: a whiteout.
  package var node: NodeID?

  /// An entry by its parts.
  package init(parent: NodeID, name: ByteString, node: NodeID?) {
    self.parent = parent
    self.name = name
    self.node = node
  }
}
