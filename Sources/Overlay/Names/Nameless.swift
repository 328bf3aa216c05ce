import CFuse
import Glibc
import Linux
import Store

extension FileSystem {
  /// Makes a file without a name, as open(2) with O_TMPFILE asks; linkat(2) may give it one.
  func makeNameless(
    in parent: fuse_ino_t, mode: mode_t, umask: mode_t, owner: UInt32, group: UInt32
  ) throws(Errno) -> fuse_entry_out {
    changing.lockShared()
    defer { changing.unlockShared() }
    let parent = try writableDirectory(parent)
    try admitFile()
    let directory = try settle(anchor(parent), at: parent)
    let list = try defaultList(of: parent, directory)
    tree.lock.lock()
    defer { tree.lock.unlock() }
    // A directory that was removed: ext4 says so, and not ENOENT.
    if directory.row.linkCount == 0 { throw .notPermitted }
    var row = made(
      .regular, UInt16(mode & 0o7777), by: (user: owner, group: group, umask: umask),
      in: directory)
    row.linkCount = 0
    let node = make(row, list, umask)
    makePlace(for: node)
    inodes[node.slot].pointee.lookups = 1
    return Self.kernelEntry(settledEntry(node))
  }

  /// An entry in the kernel's own words.
  private static func kernelEntry(_ entry: fuse_entry_param) -> fuse_entry_out {
    var out = fuse_entry_out()
    out.nodeid = UInt64(entry.ino)
    out.generation = entry.generation
    out.entry_valid = UInt64(entry.entry_timeout)
    out.attr_valid = UInt64(entry.attr_timeout)
    out.attr.ino = UInt64(entry.attr.st_ino)
    out.attr.size = UInt64(entry.attr.st_size)
    out.attr.mode = entry.attr.st_mode
    out.attr.nlink = UInt32(entry.attr.st_nlink)
    out.attr.uid = entry.attr.st_uid
    out.attr.gid = entry.attr.st_gid
    out.attr.blksize = UInt32(entry.attr.st_blksize)
    (out.attr.atime, out.attr.atimensec) = time(entry.attr.st_atim)
    (out.attr.mtime, out.attr.mtimensec) = time(entry.attr.st_mtim)
    (out.attr.ctime, out.attr.ctimensec) = time(entry.attr.st_ctim)
    return out
  }

  private static func time(_ time: timespec) -> (UInt64, UInt32) {
    (UInt64(time.tv_sec), UInt32(time.tv_nsec))
  }
}
