import CFuse
import Glibc
import Linux
import Store

extension FileSystem {
  /// What the kernel is told of an untouched lower inode, under the tree's lock.
  func attributes(of status: FileStatus, at slot: Slot) -> stat {
    var shown = status.raw
    shown.st_ino = ino_t(visibleInode(status, root: Int(inodes[slot].pointee.root)))
    if inodes[slot].pointee.flags.contains(.removed) { shown.st_nlink = 0 }
    let ids = visibleIDs(
      owner: status.owner, group: status.group, permissions: UInt16(status.permissions))
    shown.st_uid = ids.owner
    shown.st_gid = ids.group
    return shown
  }

  /// The inode number that the view shows for a lower inode: its own on the root's file system.
  func visibleInode(_ status: FileStatus, root: Int) -> UInt64 {
    let number = UInt64(lowers[root].number(of: status.device))
    // Below 2^53: programs that keep numbers as doubles still tell inodes apart.
    return number == 0 ? status.inode : status.inode ^ (number << 44)
  }

  /// The inode number of a node that the session made.
  static func madeInode(_ id: NodeID) -> UInt64 { 1 << 52 | UInt64(id.rawValue) }

  /// Ids that have no mapping inside make the kernel refuse every write, so the caller's own are
  /// shown where the caller may write the file on the host.
  func visibleIDs(owner: UInt32, group: UInt32, permissions: UInt16) -> (
    owner: UInt32, group: UInt32
  ) {
    if options.mapsAllIDs { return (owner, group) }
    if owner == options.owner { return (owner, options.group) }
    let mayWrite =
      permissions & 0o002 != 0
      || (permissions & 0o020 != 0 && (group == options.group || options.groups.contains(group)))
    return mayWrite ? (options.owner, options.group) : (owner, group)
  }

  /// The attributes of a changed node.
  func fill(_ shown: inout stat, _ node: LiveNode, at slot: Slot) throws(Errno) {
    let row = tree.lock.with { node.row }
    if row.flags.contains(.lowerAttributes) {
      let status = try lowerStatus(slot)
      shown = tree.lock.with { attributes(of: status, at: slot) }
      shown.st_ino = ino_t(row.inode)
    } else {
      shown = attributes(of: row)
    }
  }

  /// The attributes that a row says.
  func attributes(of row: Node) -> stat {
    var shown = stat()
    let ids = visibleIDs(owner: row.owner, group: row.group, permissions: row.permissions)
    shown.st_ino = ino_t(row.inode)
    shown.st_mode = row.kind.modeBits | mode_t(row.permissions)
    shown.st_nlink = nlink_t(row.linkCount)
    shown.st_uid = ids.owner
    shown.st_gid = ids.group
    shown.st_rdev = dev_t(row.device)
    shown.st_size = off_t(row.size)
    shown.st_blksize = 4096
    shown.st_blocks = Int((row.size + 511) / 512)
    shown.st_atim = row.accessed.timespec
    shown.st_mtim = row.modified.timespec
    shown.st_ctim = row.changed.timespec
    return shown
  }

  func getAttributes(_ reply: consuming Reply, _ id: fuse_ino_t) {
    do throws(Errno) {
      let slot = try slot(id)
      var (shown, seconds) = (stat(), Self.settled)
      if slot == top {
        shown = topAttributes
      } else if let node = tree.lock.with({ inodes[slot].pointee.liveNode }) {
        try fill(&shown, node, at: slot)
        seconds = tree.lock.with { attributeValidity(of: node, at: slot) }
      } else {
        let status = try lowerStatus(slot)
        tree.lock.lock()
        shown = attributes(of: status, at: slot)
        seconds = validity(in: inodes[slot].pointee.parent)
        tree.lock.unlock()
      }
      reply.send(&shown, validFor: seconds)
    } catch { reply.fail(error) }
  }

  /// The directory that holds the roots.
  private var topAttributes: stat {
    var shown = stat()
    shown.st_ino = 1
    shown.st_mode = S_IFDIR | 0o755
    shown.st_nlink = 2
    shown.st_uid = options.mapsAllIDs ? 0 : options.owner
    shown.st_gid = options.mapsAllIDs ? 0 : options.group
    return shown
  }

  func readSymlink(_ reply: consuming Reply, _ id: fuse_ino_t) {
    do throws(Errno) {
      let slot = try slot(id)
      if let target = tree.lock.with({ inodes[slot].pointee.liveNode?.row.target }) {
        reply.send(target: target)
      } else {
        let opened = try openLower(slot, [.path, .noFollow])
        reply.send(target: try opened.borrowed.symlinkTarget(""))
      }
    } catch { reply.fail(error) }
  }

  func getStatistics(_ reply: consuming Reply) {
    do throws(Errno) {
      var statistics = statvfs()
      try check { fstatvfs(store.files.directory.raw, &statistics) }
      statistics.f_namemax = 255
      reply.send(&statistics)
    } catch { reply.fail(error) }
  }
}
