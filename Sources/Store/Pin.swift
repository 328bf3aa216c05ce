import Linux

/// What the lower was at a path when the session first changed it.
package struct Pin: Hashable, Sendable {
  package var root: Int64
  /// Relative to the root.
  package var path: ByteString
  package var kind: FileKind
  package var device: UInt64
  package var inode: UInt64
  package var permissions: UInt16
  package var owner: UInt32
  package var group: UInt32
  package var linkCount: UInt32
  package var size: Int64
  package var modified: Timestamp
  package var changed: Timestamp
  /// SHA-256 of a regular file's content, where the session read it whole.
  package var hash: [UInt8]?
  /// The file in `base/` that keeps the content, while it was small.
  package var base: ObjectID?
  /// What a symlink pointed to.
  package var target: ByteString?

  /// Up to this size a pin keeps the content as well, as the base of a merge.
  package var keptByteCount: Int64 { Self.keptByteCount(of: path) }

  /// Up to which size the content of a path is kept.
  ///
  /// A git index is kept at any size that is seen: what the host's git writes into it anew without
  /// a change is told from one by what the entries were.
  package static func keptByteCount(of path: ByteString) -> Int64 {
    path.isGitIndex ? 1 << 26 : 1 << 20
  }

  /// The pin of what a status tells; content is added by who reads it.
  package init(root: Int64, path: ByteString, status: FileStatus) {
    self.root = root
    self.path = path
    kind = status.kind
    device = status.device
    inode = status.inode
    permissions = UInt16(status.permissions)
    owner = status.owner
    group = status.group
    linkCount = UInt32(truncatingIfNeeded: status.linkCount)
    size = status.size
    modified = status.modified
    changed = status.changed
  }
}
