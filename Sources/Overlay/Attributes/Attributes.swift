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
      try shown.st_blocks = blocks(of: row, at: slot)
    }
  }

  /// Files up to this size are shown as if they had no holes.
  private static let sparseLimit: Int64 = 64 << 10

  /// How many blocks of 512 bytes a changed node takes; asked of the host where holes may matter.
  func blocks(of row: Node, at slot: Slot) throws(Errno) -> Int {
    let whole = Self.blocks(of: row)
    guard row.kind == .regular, row.size > Self.sparseLimit else { return whole }
    var count = 0
    if !row.flags.isDisjoint(with: [.lowerContent, .partial]) {
      // A lower that is gone must not keep anybody from the session's own attributes.
      count = (try? lowerStatus(slot))?.raw.st_blocks ?? whole
      // As if the lower had no hole where the session wrote.
      let written = tree.lock.with { inodes[slot].pointee.liveNode?.extents.byteCount ?? 0 }
      count = max(0, count - Int(written / 512))
    }
    if let object = row.object { count += try store.files.objectStatus(object).raw.st_blocks }
    return min(whole, count)
  }

  /// How many blocks a node takes that has no holes.
  private static func blocks(of row: Node) -> Int {
    // A short symlink lives in its inode.
    if row.kind == .symlink && row.size < 60 { return 0 }
    let (whole, rest) = row.size.quotientAndRemainder(dividingBy: blockSize)
    return Int(whole + (rest > 0 ? 1 : 0)) * Int(blockSize / 512)
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
    shown.st_blocks = Self.blocks(of: row)
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
        seconds = validity(of: status, in: inodes[slot].pointee.parent)
        tree.lock.unlock()
      }
      reply.send(&shown, validFor: seconds)
    } catch { reply.fail(error) }
  }

  /// The inode number that the view shows for a place.
  func inodeNumber(of slot: Slot) throws(Errno) -> UInt64 {
    if slot == top { return UInt64(topAttributes.st_ino) }
    if let node = tree.lock.with({ inodes[slot].pointee.liveNode }) {
      return tree.lock.with { node.row.inode }
    }
    let status = try lowerStatus(slot)
    return tree.lock.with { visibleInode(status, root: Int(inodes[slot].pointee.root)) }
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
      limit(&statistics)
      reply.send(&statistics)
    } catch { reply.fail(error) }
  }

  /// A session with limits is as large as they are.
  private func limit(_ statistics: inout statvfs) {
    let (bytes, files) = tree.lock.with { (tree.byteCount, tree.nodes.count - lowers.count) }
    if let most = options.maximumSize, statistics.f_frsize > 0 {
      let unit = Int64(statistics.f_frsize)
      let free = UInt(max(0, most - bytes) / unit)
      statistics.f_blocks = min(statistics.f_blocks, UInt(most / unit))
      statistics.f_bfree = min(statistics.f_bfree, free)
      statistics.f_bavail = min(statistics.f_bavail, free)
    }
    if let most = options.maximumFiles {
      statistics.f_files = min(statistics.f_files, UInt(most))
      statistics.f_ffree = min(statistics.f_ffree, UInt(max(0, most - files)))
      statistics.f_favail = min(statistics.f_favail, statistics.f_ffree)
    }
  }
}
