import Glibc
import Linux

// What changes nothing, and so needs no lock.
extension LiveTree {
  /// The status of a path; a symlink's own.
  package func status(_ path: ByteString) throws(Errno) -> FileStatus { try place(path).status() }

  /// Calls `body` with every name of a directory, its inode number and its kind as DT_* has it.
  package func list(_ path: ByteString, _ body: (ByteString, UInt64, UInt8) -> Void) throws(Errno) {
    let directory = try root.borrowed.open(beneath: path, [.directory])
    try directory.borrowed.forEachEntry { name, inode, kind in
      body(ByteString(name), inode, kind)
    }
  }

  /// What a symlink leads to.
  package func symlinkTarget(_ path: ByteString) throws(Errno) -> ByteString {
    let place = try place(path)
    return try place.directory.borrowed.symlinkTarget(place.name)
  }

  /// An extended attribute's value.
  package func attribute(_ name: ByteString, of path: ByteString) throws(Errno) -> [UInt8] {
    let file = try file(path)
    return try file.borrowed.attribute(name)
  }

  /// The names of a file's extended attributes.
  package func attributeNames(of path: ByteString) throws(Errno) -> [ByteString] {
    let file = try file(path)
    return try file.borrowed.attributeNames()
  }

  /// A symlink has none that a user could set, and its path in /proc would lead through it.
  private func file(_ path: ByteString) throws(Errno) -> OwnedDescriptor {
    let place = try place(path)
    guard try place.status().kind != .symlink else { throw .notSupported }
    return try place.directory.borrowed.open(place.name, [.path, .noFollow])
  }

  /// The room that the directory's file system has.
  package func statistics(_ room: UnsafeMutablePointer<statvfs>) throws(Errno) {
    try check { fstatvfs(root.raw, room) }
  }

  /// Makes the names of a directory durable.
  package func synchronizeDirectory(_ path: ByteString) throws(Errno) {
    let opened = try root.borrowed.open(beneath: path, [.directory])
    try opened.borrowed.synchronize()
  }
}
