import CFuse
import Glibc
import Linux
import Store

extension FileSystem {
  func makeNode(
    _ reply: consuming Reply, _ parent: fuse_ino_t, _ name: Name, _ mode: mode_t, _ device: dev_t
  ) {
    let kind = FileKind(mode: mode)
    if kind == .characterDevice || kind == .blockDevice { return reply.fail(.notPermitted) }
    do throws(Errno) { try admit(kind, named: name) } catch { return reply.fail(error) }
    let caller = reply.caller
    create(reply, parent, name) { directory in
      made(kind, UInt16(mode & 0o7777), by: caller, in: directory)
    }
  }

  func makeSymlink(
    _ reply: consuming Reply, _ parent: fuse_ino_t, _ name: Name, _ target: ByteString
  ) {
    let caller = reply.caller
    create(reply, parent, name) { directory in
      var row = made(.symlink, 0o777, by: caller, in: directory)
      row.target = target
      row.size = Int64(target.count)
      return row
    }
  }

  /// The row of something new; a set-group-id directory hands its group on.
  func made(
    _ kind: FileKind, _ permissions: UInt16,
    by caller: Reply.Caller,
    in directory: LiveNode
  ) -> Node {
    var row = Node(
      root: directory.row.root, kind: kind, permissions: permissions, owner: caller.user,
      group: caller.group, step: tree.step)
    if kind == .directory { row.size = 4096 }
    if directory.row.permissions & 0o2000 != 0 {
      row.group = directory.row.group
      if kind == .directory { row.permissions |= 0o2000 }
    }
    return row
  }

  /// Makes a name for a new node and tells the kernel of it.
  private func create(
    _ reply: consuming Reply, _ parent: fuse_ino_t, _ name: Name, _ row: (LiveNode) -> Node
  ) {
    changing.lockShared()
    defer { changing.unlockShared() }
    do throws(Errno) {
      let parent = try writableDirectory(parent)
      try admitFile()
      switch try child(name, of: parent) {
      case .node, .lower: throw Errno.exists
      case .absent: break
      case .whiteout: pinContent(name, in: parent)
      }
      let directory = try settle(anchor(parent), at: parent)
      let list = try defaultList(of: parent, directory)
      let umask = reply.caller.umask
      tree.lock.lock()
      let node = make(row(directory), list, umask)
      tree.setEntry(name.bytes, in: directory, to: node)
      if node.row.kind == .directory { Self.gainSubdirectory(directory) }
      touchTimes(directory)
      makePlace(for: node)
      inodes[node.slot].pointee.lookups = 1
      var entry = settledEntry(node)
      tree.lock.unlock()
      reply.send(&entry)
    } catch { reply.fail(error) }
  }

  /// Makes a node with what it inherits, under the tree's lock.
  func make(_ row: Node, _ list: AccessControlList?, _ umask: mode_t) -> LiveNode {
    var row = row
    let attributes = inherit(&row, list, umask: umask)
    let node = tree.makeNode(row)
    node.row.inode = Self.madeInode(node.id)
    if !attributes.isEmpty {
      node.attributes = attributes
      tree.touchAttributes(node)
    }
    return node
  }

  /// What the kernel is told of a node whose every attribute is the session's, under the lock.
  func settledEntry(_ node: LiveNode) -> fuse_entry_param {
    var entry = fuse_entry_param()
    entry.generation = 1
    entry.ino = fuse_ino_t(node.slot)
    entry.attr = attributes(of: node.row)
    entry.attr_timeout = Self.settled
    entry.entry_timeout = Self.settled
    return entry
  }

  /// A directory in which names may be made; the one that holds the roots is not.
  func writableDirectory(_ id: fuse_ino_t, removing: Bool = false) throws(Errno) -> Slot {
    let slot = try slot(id)
    if slot == top { throw .notPermitted }
    try store.admit(removal: removing)
    return slot
  }

  /// Sets a directory's times after its names changed, under the tree's lock.
  func touchTimes(_ directory: LiveNode) {
    let now = Timestamp.now
    directory.row.modified = now
    directory.row.changed = now
    tree.touch(directory)
  }

  func link(_ reply: consuming Reply, _ id: fuse_ino_t, _ parent: fuse_ino_t, _ name: Name) {
    changing.lockShared()
    defer { changing.unlockShared() }
    do throws(Errno) {
      let parent = try writableDirectory(parent)
      let slot = try slot(id)
      switch try child(name, of: parent) {
      case .node, .lower: throw Errno.exists
      case .absent, .whiteout: break
      }
      let directory = try settle(anchor(parent), at: parent)
      let node = try changedNode(slot)
      try admit(node.row.kind, named: name)
      guard node.row.root == directory.row.root else { throw Errno.crossDevice }
      tree.lock.lock()
      guard node.row.linkCount < 65_000 else {
        tree.lock.unlock()
        throw Errno.tooManyLinks
      }
      node.row.linkCount += 1
      node.row.changed = .now
      tree.touch(node)
      tree.setEntry(name.bytes, in: directory, to: node)
      touchTimes(directory)
      inodes[Slot(id)].pointee.lookups += 1
      var entry = settledEntry(node)
      entry.ino = id
      entry.entry_timeout = entryValidity(of: node, name, in: parent)
      tree.lock.unlock()
      reply.send(&entry)
    } catch { reply.fail(error) }
  }
}
