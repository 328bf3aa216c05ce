import Linux
import Store

// What the host makes of a file whose content the session shows and has not changed.
//
// With the writeback cache the kernel believes no new size of an inode that it knows: such a file
// goes on under a new node id. What has the old one open may read on; it may change nothing, for
// what it wrote would be of a file that is no more, and a part of one that it never saw.
extension FileSystem {
  /// The lower's file whose content a changed node shows, under the tree's lock; nil: it has its own.
  func shownContent(of node: LiveNode) -> (lower: Lower, key: PinKey)? {
    guard node.row.kind == .regular, node.row.flags.contains(.lowerContent),
      let origin = node.row.origin, let lower = lowers.first(where: { $0.root.id == node.row.root })
    else { return nil }
    return (lower, PinKey(root: node.row.root, path: origin))
  }

  /// Lets a changed node go on with the content that the host gives it.
  ///
  /// Mode and owner may be the session's; the size is that of the content that shows, and the time
  /// that of the last change, the host's or the session's.
  func follow(_ node: LiveNode) {
    guard let (lower, key) = tree.lock.with({ shownContent(of: node) }) else { return }
    let asked: FileStatus
    do throws(Errno) {
      let opened = try relieved { () throws(Errno) in
        try lower.directory.borrowed.open(beneath: key.path, [.path, .noFollow])
      }
      asked = try opened.borrowed.status()
    } catch {
      return  // Who reads it is told.
    }
    tree.lock.lock()
    defer { tree.lock.unlock() }
    guard asked.kind == .regular, shownContent(of: node)?.key == key else { return }
    let isOther = asked.inode != node.row.originInode || asked.device != node.row.originDevice
    // Other names of the lower may still lead to the file that stood here.
    if isOther && node.row.flags.contains(.linked) { return }
    if node.slot != 0, isOther || isEdited(node.slot, asked) || asked.size != node.row.size {
      leaveStale(node)
    }
    adopt(asked, key, node)
  }

  /// Lets what has a node open go on with what it was, apart from the tree and without a change.
  private func leaveStale(_ node: LiveNode) {
    inodes[node.slot].pointee.flags.insert(.edited)
    leave(LiveNode.ghost(of: node.row, at: node.slot))
    node.slot = 0
  }

  private func adopt(_ status: FileStatus, _ key: PinKey, _ node: LiveNode) {
    node.row.size = status.size
    node.row.originInode = status.inode
    node.row.originDevice = status.device
    let isNew = tree.pin(key).map { $0.modified != status.modified || $0.size != status.size }
    if isNew ?? false, status.changed > node.row.changed {
      node.row.modified = status.modified
      node.row.changed = status.changed
    }
    if node.slot == 0 { makePlace(for: node) }
    inodes[node.slot].pointee.lowerChanged = status.changed.nanoseconds
  }

  /// Whether the host has edited a file since the kernel was told of the place, under the tree's
  /// lock; another change time alone is a new mode, owner or name.
  func isEdited(_ slot: Slot, _ status: FileStatus) -> Bool {
    let inode = inodes[slot]
    guard inode.pointee.kind == .regular else { return false }
    if inode.pointee.flags.contains(.edited) || status.kind != .regular { return true }
    if inode.pointee.node == nil, inode.pointee.lowerInode != status.inode { return true }
    let told = inode.pointee.lowerChanged
    // 0: the kernel was told of the session's own content only.
    return told != 0 && status.changed.nanoseconds != told && status.modified.nanoseconds > told
  }

  /// Throws ESTALE where a change of a place would be made to another file than the kernel knows.
  func requireUnedited(_ slot: Slot, _ status: FileStatus, size: Int64) throws(Errno) {
    if status.size != size || tree.lock.with({ isEdited(slot, status) }) { throw .stale }
  }

  /// Whether the lower's file is another one than when the session first changed its node.
  func hasDrifted(_ node: LiveNode, _ status: FileStatus) -> Bool {
    tree.lock.with {
      guard let key = shownContent(of: node)?.key, let pin = tree.pin(key) else { return false }
      return pin.size != status.size || pin.modified != status.modified
    }
  }

  /// Whether the host's word of a changed node reaches the name that leads to it, under the tree's
  /// lock.
  func isWatched(_ node: LiveNode, _ name: Name, in parent: Slot) -> Bool {
    guard let key = shownContent(of: node)?.key else { return true }
    return inodes[parent].pointee.flags.contains(.watched)
      && lowerPath(of: parent)?.appending(ByteString(name.bytes)) == key.path
  }

  /// The pinned file that an event of the host is about, where it is not at its place in the view.
  func displaced(_ name: Name, in slot: Slot) -> PinKey? {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    guard inodes.isUsed(UInt64(slot)), let directory = inodes[slot].pointee.liveNode,
      let path = lowerPath(of: slot)?.appending(ByteString(name.bytes))
    else { return nil }
    let key = PinKey(root: directory.row.root, path: path)
    guard tree.isPinned(key) else { return nil }
    if case .node(let node) = tree.find(name.bytes, in: directory), node.row.origin == path {
      return nil
    }
    return key
  }

  /// Lets the kernel ask again for the names of files that went elsewhere and were edited where they
  /// came from.
  func tellEdited(_ keys: Set<PinKey>) {
    if keys.isEmpty { return }
    var found: [(Slot, ByteString)] = []
    tree.lock.lock()
    for directory in tree.nodes.values where directory.slot != 0 {
      let slot = directory.slot
      tree.forEachEntry(of: directory) { name, node in
        if let node, node.slot != 0, let key = shownContent(of: node)?.key, keys.contains(key) {
          found.append((slot, name))
        }
      }
    }
    tree.lock.unlock()
    for (parent, name) in found {
      name.withCString { tellNameChanged(Name($0), in: parent) }
      notices.tellAgain(.name(name, in: parent))
    }
  }
}
