import CFuse
import Linux
import Store

/// One end of a rename: a name in a directory, and what it stands for.
private struct End {
  let parent: Slot
  let directory: LiveNode
  let name: Name
  let found: Child
  /// What the lower has at the name, which must be hidden when the name goes.
  let lower: FileStatus?
}

extension FileSystem {
  func rename(
    _ reply: consuming Reply, _ parent: fuse_ino_t, _ name: Name, _ newParent: fuse_ino_t,
    _ newName: Name, _ flags: RenameFlags
  ) {
    changing.lockShared()
    defer { changing.unlockShared() }
    do throws(Errno) {
      guard flags.isSubset(of: [.noReplace, .exchange]) else { throw Errno.invalid }
      let source = try end(of: name, in: parent)
      let target = try end(of: newName, in: newParent)
      guard source.directory.row.root == target.directory.row.root else {
        throw Errno.crossDevice
      }
      if flags.contains(.exchange) {
        try exchange(source, target)
      } else {
        try move(source, to: target, flags)
      }
      reply.succeed()
    } catch { reply.fail(error) }
  }

  private func end(of name: Name, in parent: fuse_ino_t) throws(Errno) -> End {
    let parent = try writableDirectory(parent)
    let found = try child(name, of: parent)
    return End(
      parent: parent, directory: try settle(anchor(parent), at: parent), name: name, found: found,
      lower: try hiddenLower(name, in: parent, found))
  }

  /// The node of an end, with one more lookup, ready to carry attributes of its own.
  private func moved(_ end: End) throws(Errno) -> LiveNode {
    let slot: Slot
    switch end.found {
    case .absent, .whiteout: throw .noEntry
    case .node(let node): slot = hold(node, in: end.parent)
    case .lower(let status):
      slot = tree.lock.with {
        let slot = place(status, end.name.bytes, in: end.parent)
        inodes[slot].pointee.lookups += 1
        return slot
      }
    }
    defer { forget(fuse_ino_t(slot), 1) }
    return try changedNode(slot)
  }

  private func move(_ source: End, to target: End, _ flags: RenameFlags) throws(Errno) {
    let isTaken: Bool
    switch target.found {
    case .absent, .whiteout: isTaken = false
    case .node, .lower: isTaken = true
    }
    if isTaken && flags.contains(.noReplace) { throw .exists }
    let node = try moved(source)
    try admit(node.row.kind, named: target.name)
    if isTaken { try requireReplaceable(target, by: node) }
    if let lower = source.lower { try pin(ByteString(source.name.bytes), in: source.parent, lower) }
    if let lower = target.lower { try pin(ByteString(target.name.bytes), in: target.parent, lower) }
    if target.lower != nil { pinContent(target.name, in: target.parent) }
    let replaced = isTaken ? try removedNode(target.found, target.name, in: target.parent) : nil
    let targetWasDirectory = isTaken && node.row.kind == .directory
    tree.lock.lock()
    defer { tree.lock.unlock() }
    tree.setEntry(target.name.bytes, in: target.directory, to: node)
    leave(source)
    if node.row.kind == .directory {
      Self.loseSubdirectory(source.directory)
      if !targetWasDirectory { Self.gainSubdirectory(target.directory) }
    }
    node.row.changed = .now
    tree.touch(node)
    touchTimes(source.directory)
    touchTimes(target.directory)
    if let replaced { unname(replaced) }
  }

  private func requireReplaceable(_ target: End, by node: LiveNode) throws(Errno) {
    let kind: FileKind
    switch target.found {
    case .node(let there): kind = tree.lock.with { there.row.kind }
    case .lower(let status): kind = status.kind
    case .absent, .whiteout: return
    }
    let isDirectory = tree.lock.with { node.row.kind == .directory }
    if isDirectory && kind != .directory { throw .notDirectory }
    if !isDirectory && kind == .directory { throw .isDirectory }
    if isDirectory { try requireEmpty(target.found, target.name, in: target.parent) }
  }

  /// Takes a name away at its old place, under the tree's lock.
  private func leave(_ end: End) {
    if end.lower != nil {
      tree.setEntry(end.name.bytes, in: end.directory, to: nil)
    } else {
      tree.removeEntry(end.name.bytes, in: end.directory)
    }
  }

  private func exchange(_ source: End, _ target: End) throws(Errno) {
    let (first, second) = (try moved(source), try moved(target))
    try admit(first.row.kind, named: target.name)
    try admit(second.row.kind, named: source.name)
    if let lower = source.lower { try pin(ByteString(source.name.bytes), in: source.parent, lower) }
    if let lower = target.lower { try pin(ByteString(target.name.bytes), in: target.parent, lower) }
    tree.lock.lock()
    defer { tree.lock.unlock() }
    tree.setEntry(target.name.bytes, in: target.directory, to: first)
    tree.setEntry(source.name.bytes, in: source.directory, to: second)
    let (firstIs, secondIs) = (first.row.kind == .directory, second.row.kind == .directory)
    if firstIs != secondIs {
      let (gains, loses) =
        firstIs ? (target.directory, source.directory) : (source.directory, target.directory)
      Self.gainSubdirectory(gains)
      Self.loseSubdirectory(loses)
    }
    for node in [first, second] {
      node.row.changed = .now
      tree.touch(node)
    }
    touchTimes(source.directory)
    touchTimes(target.directory)
  }
}
