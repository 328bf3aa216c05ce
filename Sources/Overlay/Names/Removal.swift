import CFuse
import Linux
import Store

extension FileSystem {
  func remove(
    _ reply: consuming Reply, _ parent: fuse_ino_t, _ name: Name, isDirectory: Bool
  ) {
    changing.lockShared()
    defer { changing.unlockShared() }
    do throws(Errno) {
      let parent = try writableDirectory(parent, removing: true)
      let found = try child(name, of: parent)
      try check(found, isDirectory: isDirectory)
      if isDirectory { try requireEmpty(found, name, in: parent) }
      let lower = try hiddenLower(name, in: parent, found)
      let directory = try settle(anchor(parent), at: parent)
      if let lower { try pin(ByteString(name.bytes), in: parent, lower) }
      let node = try removedNode(found, name, in: parent)
      tree.lock.lock()
      if lower != nil {
        tree.setEntry(name.bytes, in: directory, to: nil)
      } else {
        tree.removeEntry(name.bytes, in: directory)
      }
      if isDirectory { Self.loseSubdirectory(directory) }
      touchTimes(directory)
      if let node { unname(node) }
      tree.lock.unlock()
      reply.succeed()
    } catch { reply.fail(error) }
  }

  private func check(_ found: Child, isDirectory: Bool) throws(Errno) {
    let kind: FileKind
    switch found {
    case .absent, .whiteout: throw .noEntry
    case .node(let node): kind = tree.lock.with { node.row.kind }
    case .lower(let status): kind = status.kind
    }
    if isDirectory && kind != .directory { throw .notDirectory }
    if !isDirectory && kind == .directory { throw .isDirectory }
  }

  /// What the lower has at a name that is about to be taken away; nil: nothing to hide.
  func hiddenLower(_ name: Name, in parent: Slot, _ found: Child) throws(Errno) -> FileStatus? {
    if case .lower(let status) = found { return status }
    let isMerged = tree.lock.with {
      inodes[parent].pointee.liveNode?.row.flags.contains(.merged) ?? true
    }
    // What the view never shows is not the session's to take away with its own file of that name.
    guard isMerged, !isHidden(name.bytes, in: parent) else { return nil }
    do throws(Errno) { return try lowerStatus(name, in: parent) } catch .noEntry, .notDirectory {
      return nil
    }
  }

  /// The node that loses a name; a lower file needs one only when it has other names, or is open.
  func removedNode(_ found: Child, _ name: Name, in parent: Slot) throws(Errno) -> LiveNode? {
    switch found {
    case .node(let node):
      let slot = hold(node, in: parent)
      defer { forget(fuse_ino_t(slot), 1) }
      return try settle(node, at: slot)
    case .lower(let status):
      if status.kind == .directory {
        // It is empty, so nothing but its link count tells who has it open.
        noteRemoved(status, in: parent)
        return nil
      }
      guard status.linkCount > 1 || knows(status, in: parent) else { return nil }
      let slot = tree.lock.with { () -> Slot in
        let slot = place(status, name.bytes, in: parent)
        inodes[slot].pointee.lookups += 1
        return slot
      }
      defer { forget(fuse_ino_t(slot), 1) }
      return try settle(anchor(slot), at: slot)
    case .absent, .whiteout: return nil
    }
  }

  /// Whether the kernel knows a lower inode, and so may have it open.
  private func knows(_ status: FileStatus, in parent: Slot) -> Bool {
    tree.lock.with {
      let lower = lowers[Int(inodes[parent].pointee.root)]
      return inodes.find(device: lower.number(of: status.device), inode: status.inode) != nil
    }
  }

  /// Marks the place of a lower directory that the view no longer has; a directory that comes back
  /// there gets another.
  private func noteRemoved(_ status: FileStatus, in parent: Slot) {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    let lower = lowers[Int(inodes[parent].pointee.root)]
    let device = lower.number(of: status.device)
    guard let slot = inodes.find(device: device, inode: status.inode) else { return }
    inodes.unhash(slot)
    inodes[slot].pointee.flags.insert(.removed)
  }

  /// Counts a new subdirectory, where the lower's file system counts them: 1 means that it doesn't.
  static func gainSubdirectory(_ directory: LiveNode) {
    if directory.row.linkCount >= 2 { directory.row.linkCount += 1 }
  }

  /// Counts a subdirectory that is gone.
  static func loseSubdirectory(_ directory: LiveNode) {
    if directory.row.linkCount > 2 { directory.row.linkCount -= 1 }
  }

  /// Takes one name from a node's count, under the tree's lock, after its entry is gone.
  func unname(_ node: LiveNode) {
    node.row.changed = .now
    node.row.linkCount -= node.row.linkCount > 0 ? 1 : 0
    if node.row.kind == .directory { node.row.linkCount = 0 }
    tree.touch(node)
    if node.row.linkCount == 0, node.row.flags.contains(.linked) {
      node.row.flags.remove(.linked)
      linked[Identity(device: node.row.originDevice, inode: node.row.originInode)] = nil
    }
    if node.slot == 0 && node.nameCount == 0 && !node.row.flags.contains(.linked) { drop(node) }
  }

  /// Throws ENOTEMPTY while the view shows a name in a directory.
  func requireEmpty(_ found: Child, _ name: Name, in parent: Slot) throws(Errno) {
    let slot: Slot
    switch found {
    case .node(let node): slot = hold(node, in: parent)
    case .lower(let status):
      slot = tree.lock.with {
        let slot = place(status, name.bytes, in: parent)
        inodes[slot].pointee.lookups += 1
        return slot
      }
    case .absent, .whiteout: throw .noEntry
    }
    defer { forget(fuse_ino_t(slot), 1) }
    guard try isEmpty(slot) else { throw .notEmpty }
  }

  private func isEmpty(_ slot: Slot) throws(Errno) -> Bool {
    let node = tree.lock.with { inodes[slot].pointee.liveNode }
    if let node {
      var hasName = false
      tree.lock.with { tree.forEachEntry(of: node) { if $1 != nil { hasName = true } } }
      if hasName { return false }
      guard tree.lock.with({ node.row.flags.contains(.merged) }) else { return true }
    }
    let opened: OwnedDescriptor
    do throws(Errno) { opened = try openUnnoticed(slot, [.directory]) } catch .noEntry {
      return true
    }
    var isShown = false
    try opened.borrowed.forEachEntry { name, _, _ throws(Errno) in
      guard !isShown else { return }
      guard let node else {
        isShown = true
        return
      }
      if case .absent = tree.lock.with({ tree.find(name, in: node) }) { isShown = true }
    }
    return !isShown
  }
}
