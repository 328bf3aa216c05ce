import Linux

/// What tells two files of the host apart.
package struct FileKey: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64

  /// The file that a status is of.
  package init(_ status: FileStatus) {
    device = status.device
    inode = status.inode
  }

  init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}

/// How a file was left: another change of it moves its ctime, which nobody can set.
struct Fingerprint: Hashable {
  let size: Int64
  let changed: Timestamp

  init(_ status: FileStatus) {
    size = status.size
    changed = status.changed
  }

  init(size: Int64, changed: Timestamp) {
    self.size = size
    self.changed = changed
  }
}

/// All of one file as it was before it was changed or taken away.
struct Image: Equatable {
  var kind: FileKind
  var permissions: UInt32
  var owner: UInt32
  var group: UInt32
  var size: Int64
  var accessed: Timestamp
  var modified: Timestamp
  /// The device that a device node stands for.
  var node: UInt64
  var key: FileKey
  /// What a symlink leads to.
  var target: ByteString?
  var attributes: [ByteString: [UInt8]] = [:]
  /// The file beside the log that keeps the content; nil: there was none.
  var object: Int?

  init(_ status: FileStatus) {
    kind = status.kind
    permissions = UInt32(status.permissions)
    owner = status.owner
    group = status.group
    size = status.size
    accessed = status.accessed
    modified = status.modified
    node = UInt64(status.raw.st_rdev)
    key = FileKey(status)
  }
}
