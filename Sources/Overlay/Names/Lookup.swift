import CFuse
import CLinux
import Glibc
import Linux
import Store

/// What a name in a directory of the view stands for.
enum Child {
  case absent
  case whiteout
  case node(LiveNode)
  case lower(FileStatus)
}

extension FileSystem {
  func lookup(_ reply: consuming Reply, _ parent: fuse_ino_t, _ name: Name) {
    do throws(Errno) {
      let parent = try slot(parent)
      var entry = try announce(child(name, of: parent), name, in: parent)
      reply.send(&entry)
    } catch .noEntry {
      // A name that isn't there is remembered by the kernel as well: node id 0.
      var entry = fuse_entry_param()
      entry.entry_timeout = isHiddenName(name, in: parent) ? 0 : negativeValidity(in: parent)
      reply.send(&entry)
    } catch { reply.fail(error) }
  }

  /// What a name stands for: the session's word first, else the lower's.
  ///
  /// Who asks for many names of one directory hands over its lower `directory`, opened once.
  func child(
    _ name: Name, of parent: Slot, in directory: Descriptor? = nil
  ) throws(Errno) -> Child {
    if name.bytes.count > 255 { throw .nameTooLong }
    if parent == top { return rootChild(name) }
    if isDenied(name.bytes, in: parent) { throw .accessDenied }
    tree.lock.lock()
    let inode = inodes[parent]
    if let node = inode.pointee.liveNode {
      let found = tree.find(name.bytes, in: node)
      let isMerged = node.row.flags.contains(.merged)
      tree.lock.unlock()
      switch found {
      case .node(let child): return .node(child)
      case .whiteout: return .whiteout
      case .absent: if !isMerged { return .absent }
      }
    } else {
      tree.lock.unlock()
    }
    if directory == nil { watch?.add(parent, self) }
    return try lowerChild(name, of: parent, in: directory)
  }

  private func lowerChild(
    _ name: Name, of parent: Slot, in directory: Descriptor?
  ) throws(Errno) -> Child {
    if isHidden(name.bytes, in: parent) {
      // A listing passes over the name; only who asks for it by name wanted to read it.
      if directory == nil { noteLook(at: name.bytes, in: parent) }
      return .absent
    }
    do throws(Errno) {
      let status =
        if let directory { try directory.status(of: name.cString) } else {
          try lowerStatus(name, in: parent)
        }
      if status.linkCount > 1, status.kind != .directory {
        if options.hidden.isOtherName(status) { return .absent }
        if let node = linkedNode(status) { return .node(node) }
      }
      return .lower(status)
    } catch .noEntry {
      return .absent
    } catch .notDirectory {
      return .absent  // The host has put something else in the directory's place.
    }
  }

  /// The changed node that another name of the same lower file led to.
  private func linkedNode(_ status: FileStatus) -> LiveNode? {
    tree.lock.with { linked[Identity(device: status.device, inode: status.inode)] }
  }

  /// The roots are the children of the top directory, by number.
  private func rootChild(_ name: Name) -> Child {
    guard let lower = lowers.first(where: { ByteString("\($0.root.id)") == ByteString(name.bytes) })
    else { return .absent }
    return tree.node(lower.root.node).map { .node($0) } ?? .absent
  }

  /// Tells the kernel of a child: counts the lookup and fills in its attributes.
  func announce(_ child: Child, _ name: Name, in parent: Slot) throws(Errno) -> fuse_entry_param {
    var entry = fuse_entry_param()
    entry.generation = 1
    switch child {
    case .absent, .whiteout: throw .noEntry
    case .lower(let status):
      tree.lock.lock()
      defer { tree.lock.unlock() }
      let slot = place(status, name.bytes, in: parent)
      inodes[slot].pointee.lookups += 1
      entry.ino = fuse_ino_t(slot)
      entry.attr = attributes(of: status, at: slot)
      entry.entry_timeout = validity(of: status, in: parent)
      entry.attr_timeout = entry.entry_timeout
    case .node(let node):
      follow(node)
      let slot = hold(node, in: parent)
      do throws(Errno) {
        try fill(&entry.attr, node, at: slot)
      } catch {
        forget(fuse_ino_t(slot), 1)
        throw error
      }
      entry.ino = fuse_ino_t(slot)
      tree.lock.lock()
      entry.entry_timeout = entryValidity(of: node, name, in: parent)
      entry.attr_timeout = attributeValidity(of: node, at: slot)
      let isDoubted = inodes[slot].pointee.flags.contains(.doubted)
      tree.lock.unlock()
      if isDoubted { takeBack(name, in: parent) }
    }
    return entry
  }

  /// The place of a changed node, with one more lookup.
  func hold(_ node: LiveNode, in parent: Slot) -> Slot {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    if node.slot == 0 { makePlace(for: node) }
    inodes[node.slot].pointee.lookups += 1
    return node.slot
  }

  /// Makes a place for a changed node that the kernel does not know, under the tree's lock.
  func makePlace(for node: LiveNode) {
    let slot = inodes.allocate()
    inodes[slot].pointee.root = rootIndex(of: node)
    attach(node, to: slot)
  }

  func rootIndex(of node: LiveNode) -> UInt8 {
    UInt8(lowers.firstIndex { $0.root.id == node.row.root } ?? 0)
  }

  /// The place of an untouched lower inode, under the tree's lock.
  ///
  /// A file that the host has changed since gets a new one: with the writeback cache the kernel
  /// believes no new size of an inode that it knows.
  func place(_ status: FileStatus, _ name: UnsafeBufferPointer<UInt8>, in parent: Slot) -> Slot {
    let root = inodes[parent].pointee.root
    let device = lowers[Int(root)].number(of: status.device)
    if let known = inodes.find(device: device, inode: status.inode) {
      let inode = inodes[known]
      let isSame =
        inode.pointee.kind == status.kind && inode.pointee.root == root
        && (inode.pointee.lowerChanged == status.changed.nanoseconds || status.kind == .directory)
      if isSame, inode.pointee.node == nil || known == lowers[Int(root)].slot {
        inodes.setPath(known, parent: parent, name: name)
        return known
      }
      inodes.unhash(known)
    }
    let slot = inodes.allocate()
    let inode = inodes[slot]
    inode.pointee.kind = status.kind
    inode.pointee.root = root
    inode.pointee.lowerChanged = status.changed.nanoseconds
    inodes.hash(slot, device: device, inode: status.inode)
    inodes.setPath(slot, parent: parent, name: name)
    return slot
  }

  /// Takes back `count` lookups; what nobody needs any more is given up.
  func forget(_ id: fuse_ino_t, _ count: UInt64) {
    tree.lock.lock()
    guard inodes.isUsed(UInt64(id)) else { return tree.lock.unlock() }
    let inode = inodes[Slot(id)]
    inode.pointee.lookups -= min(count, inode.pointee.lookups)
    giveUp(Slot(id))
    let isTrimDue = inodes.releasedCount >= Self.trimAfter
    if isTrimDue { inodes.releasedCount = 0 }
    tree.lock.unlock()
    // The C library keeps what was freed; after many it is worth giving it back to the system.
    if isTrimDue { malloc_trim(0) }
  }

  private static let trimAfter = 200_000

  /// Releases a place that neither the kernel nor another path needs, and then its parents.
  private func giveUp(_ first: Slot) {
    var slot = first
    while slot != 0 {
      let inode = inodes[slot]
      guard inode.pointee.lookups == 0, inode.pointee.holds == 0,
        slot != lowers[Int(inode.pointee.root)].slot
      else { return }
      if inode.pointee.flags.contains(.described) { dropDescriptors(of: slot) }
      if inode.pointee.flags.contains(.watched) { watch?.remove(slot) }
      if inode.pointee.kind == .directory { listings.drop(slot) }
      release(inode.pointee.node)
      let parent = inode.pointee.parent
      inodes.release(slot)
      guard parent != 0 else { return }
      inodes[parent].pointee.holds -= 1
      slot = parent
    }
  }

  private func release(_ node: Unmanaged<LiveNode>?) {
    guard let node else { return }
    let live = node.takeUnretainedValue()
    live.slot = 0
    if live.nameCount == 0 && !live.row.flags.contains(.linked) { drop(live) }
    node.release()
  }

  /// Ends a node that has no name and that nobody has open, under the tree's lock.
  func drop(_ node: LiveNode) {
    guard node.isInTree else { return }
    tree.drop(node)
  }

  /// Closes what is kept open for a place.
  func dropDescriptors(of slot: Slot) {
    directories.drop(UInt64(slot) << 2 | 1)
    dropContent(of: slot)
  }
}

// How long the kernel may trust what it was told.
extension FileSystem {
  /// Of names and attributes of untouched children, under the tree's lock.
  func validity(in parent: Slot) -> Double {
    inodes[parent].pointee.flags.contains(.watched) ? Self.settled : options.lowerValidity
  }

  /// Of an untouched child: what has other names may be edited by one in a directory that nobody
  /// watches, and inotify tells only of the directory by which it was.
  func validity(of status: FileStatus, in parent: Slot) -> Double {
    let hasOthers = status.linkCount > 1 && status.kind != .directory
    return hasOthers ? options.lowerValidity : validity(in: parent)
  }

  /// Of a name that isn't there.
  private func negativeValidity(in parent: fuse_ino_t) -> Double {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    guard inodes.isUsed(UInt64(parent)) else { return 0 }
    let inode = inodes[Slot(parent)]
    // A directory of the session's own has only the names that come through here.
    if let node = inode.pointee.liveNode, !node.row.flags.contains(.merged) { return Self.settled }
    return validity(in: Slot(parent))
  }

  /// Of a name that leads to a changed node, under the tree's lock: a second where the node shows
  /// content of the lower and nobody would tell of its edits.
  ///
  /// The lower's own names of a changed hard link are in no list of ours: an undo, after which they
  /// lead to the lower's file again, could not take them back from the kernel.
  func entryValidity(of node: LiveNode, _ name: Name, in parent: Slot) -> Double {
    if node.slot != 0, inodes[node.slot].pointee.flags.contains(.doubted) { return 0 }
    if node.row.flags.contains(.linked), parent != top {
      guard let directory = inodes[parent].pointee.liveNode,
        case .node = tree.find(name.bytes, in: directory)
      else { return 0 }
      // As of an untouched one.
      if shownContent(of: node) != nil { return options.lowerValidity }
    }
    return isWatched(node, name, in: parent) ? Self.settled : options.lowerValidity
  }

  /// Of a changed node's attributes, under the tree's lock.
  func attributeValidity(of node: LiveNode, at slot: Slot) -> Double {
    guard node.row.flags.contains(.lowerAttributes) else { return Self.settled }
    let isWatched = inodes[slot].pointee.flags.contains(.watched)
    return isWatched ? Self.settled : options.lowerValidity
  }
}
