import CFuse
import Glibc
import Linux
import Store

extension FileSystem {
  func setAttributes(
    _ reply: consuming Reply, _ id: fuse_ino_t, _ values: stat, _ change: AttributeChange
  ) {
    changing.lockShared()
    defer { changing.unlockShared() }
    let caller = reply.caller
    do throws(Errno) {
      let slot = try slot(id)
      try store.admit()
      let node = try changedNode(slot)
      if change.contains(.mode), try hasList(slot, node) { _ = try nodeWithOwnAttributes(slot) }
      if change.contains(.size) { try resize(slot, node, to: Int64(values.st_size)) }
      tree.lock.lock()
      guard mayChange(node, change, caller) else {
        tree.lock.unlock()
        throw Errno.notPermitted
      }
      apply(values, change, to: node, for: caller)
      let row = node.row
      tree.lock.unlock()
      var shown = attributes(of: row)
      try shown.st_blocks = blocks(of: row, at: slot)
      reply.send(&shown, validFor: Self.settled)
    } catch { reply.fail(error) }
  }

  /// Whether a chown(2) to nobody may take away the set-id bits: only the owner's may.
  ///
  /// The kernel leaves this to the server as well. Of a regular file only a request that names the
  /// change time is one; what is left of fallocate(2) by a stranger who may write names nothing.
  private func mayChange(
    _ node: LiveNode, _ change: AttributeChange, _ caller: Reply.Caller
  ) -> Bool {
    guard change.subtracting(.changed).isEmpty else { return true }
    if node.row.kind == .regular && !change.contains(.changed) { return true }
    if caller.user == 0 || caller.user == attributes(of: node.row).st_uid { return true }
    return keptPermissions(of: node, for: caller) == node.row.permissions
  }

  /// Sets what the request names, under the tree's lock.
  private func apply(
    _ values: stat, _ change: AttributeChange, to node: LiveNode, for caller: Reply.Caller
  ) {
    node.row.flags.remove(.lowerAttributes)
    let now = Timestamp.now
    // A request that names nothing is all that is left of a chown(2) to nobody, and of taking
    // privileges away before fallocate(2): the kernel leaves those to the server (fuse_setattr).
    let namesNothing = change.subtracting(.changed).isEmpty
    let kills = !change.isDisjoint(with: [.owner, .group, .killPrivileges])
    if !change.contains(.mode), kills || namesNothing {
      clearSetID(node, for: caller)
    }
    if change.contains(.owner) { node.row.owner = values.st_uid }
    if change.contains(.group) { node.row.group = values.st_gid }
    if change.contains(.mode) {
      node.row.permissions = UInt16(values.st_mode & 0o7777)
      reconcileList(of: node, afterMode: true)
    }
    if change.contains(.accessedNow) {
      node.row.accessed = now
    } else if change.contains(.accessed) {
      node.row.accessed = Timestamp(values.st_atim)
    }
    if change.contains(.modifiedNow) {
      node.row.modified = now
    } else if change.contains(.modified) {
      node.row.modified = Timestamp(values.st_mtim)
    } else if change.contains(.size) {
      node.row.modified = now
    }
    node.row.changed = change.contains(.changed) ? Timestamp(values.st_ctim) : now
    tree.touch(node)
  }

  /// Whether a node still has a list of the lower's, which a new mode must change with it.
  private func hasList(_ slot: Slot, _ node: LiveNode) throws(Errno) -> Bool {
    guard tree.lock.with({ node.row.flags.contains(.lowerExtendedAttributes) }) else {
      return false
    }
    do throws(Errno) {
      return try !extended(AccessControlList.accessName, of: slot).isEmpty
    } catch .noData, .notSupported { return false }
  }

  /// Clears set-id bits as the kernel does when a file is written or given away.
  func clearSetID(_ node: LiveNode, for caller: Reply.Caller) {
    node.row.permissions = keptPermissions(of: node, for: caller)
  }

  private func keptPermissions(of node: LiveNode, for caller: Reply.Caller) -> UInt16 {
    guard node.row.kind != .directory else { return node.row.permissions }
    let permissions = node.row.permissions & ~0o4000
    // Set-group-id without group execution stays for who could set it again (setattr_should_drop_sgid of the kernel).
    let mayKeep = caller.user == 0 || caller.group == node.row.group
    return permissions & 0o010 != 0 || !mayKeep ? permissions & ~0o2000 : permissions
  }

  /// The changed node of a place, made and pinned where there is none yet.
  func changedNode(_ slot: Slot) throws(Errno) -> LiveNode {
    try admitFile(slot)
    let (node, status) = try anchored(slot)
    try pin(node, at: slot, status)
    return try settle(node, at: slot, status)
  }

  /// Lets a node carry its own attributes, as the lower has them now.
  func settle(
    _ node: LiveNode, at slot: Slot, _ known: FileStatus? = nil
  ) throws(Errno) -> LiveNode {
    guard tree.lock.with({ node.row.flags.contains(.lowerAttributes) }) else { return node }
    let status = try status(of: slot, known)
    tree.lock.lock()
    defer { tree.lock.unlock() }
    guard node.row.flags.contains(.lowerAttributes) else { return node }
    node.row.permissions = UInt16(status.permissions)
    node.row.owner = status.owner
    node.row.group = status.group
    node.row.accessed = status.accessed
    node.row.modified = status.modified
    node.row.changed = status.changed
    if !node.row.flags.isDisjoint(with: [.lowerContent, .merged]) { node.row.size = status.size }
    let hasName = !inodes[slot].pointee.flags.contains(.removed)
    if hasName, node.row.kind == .directory || node.row.flags.contains(.lowerContent) {
      node.row.linkCount = UInt32(truncatingIfNeeded: status.linkCount)
    }
    node.row.flags.remove(.lowerAttributes)
    tree.touch(node)
    return node
  }
}
