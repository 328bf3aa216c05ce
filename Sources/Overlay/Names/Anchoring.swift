import Glibc
import Linux
import Store

extension FileSystem {
  /// The node of a place, which from now on the session knows: with all directories above it.
  ///
  /// An anchored node is still the lower's in everything; it is no change by itself.
  func anchor(_ slot: Slot) throws(Errno) -> LiveNode { try anchored(slot).node }

  /// As `anchor(_:)`, with the lower's status of the place where it had to be asked for.
  func anchored(_ slot: Slot) throws(Errno) -> (node: LiveNode, status: FileStatus?) {
    var known: FileStatus?
    while true {
      // From the place upwards: the first one whose parent the session knows is anchored next.
      tree.lock.lock()
      if let node = inodes[slot].pointee.liveNode {
        let isEdited = inodes[slot].pointee.flags.contains(.edited)
        tree.lock.unlock()
        if isEdited { throw .stale }
        return (node, known)
      }
      var next = slot
      while inodes[inodes[next].pointee.parent].pointee.node == nil {
        next = inodes[next].pointee.parent
        guard next != 0 else {
          tree.lock.unlock()
          throw .stale
        }
      }
      tree.lock.unlock()
      let status = try lowerStatus(next)
      if next == slot { known = status }
      tree.lock.lock()
      defer { tree.lock.unlock() }
      if isEdited(next, status) { throw .stale }
      try anchor(next, status)
    }
  }

  /// Makes the node of a place whose parent has one, under the tree's lock.
  private func anchor(_ slot: Slot, _ status: FileStatus) throws(Errno) {
    let inode = inodes[slot]
    guard inode.pointee.node == nil, let path = lowerPath(of: slot),
      let directory = inodes[inode.pointee.parent].pointee.liveNode, let name = inode.pointee.name
    else { return }
    let bytes = UnsafeBufferPointer(start: name, count: Int(inode.pointee.nameLength))
    let found = tree.find(bytes, in: directory)
    // Another place of the same name was changed first: of two nodes one would have no name.
    if case .node = found, !inode.pointee.flags.contains(.removed) { throw .stale }
    let lower = lowers[Int(inode.pointee.root)]
    var row = Node(root: lower.root.id, origin: path, status: status, step: tree.step)
    row.inode = visibleInode(status, root: Int(inode.pointee.root))
    if inode.pointee.flags.contains(.removed) { row.linkCount = 0 }
    if status.linkCount > 1, status.kind != .directory { row.flags.insert(.linked) }
    let node = tree.makeNode(row)
    // A name that was taken away meanwhile stays away: the file is open, and has no name.
    if case .absent = found {
      tree.setEntry(bytes, in: directory, to: node)
    }
    attach(node, to: slot)
    if row.flags.contains(.linked) { adoptLink(node) }
  }

  /// Keeps what the lower is where a node came from, before the session changes it.
  func pin(_ node: LiveNode, at slot: Slot, _ known: FileStatus? = nil) throws(Errno) {
    let key = tree.lock.with { () -> PinKey? in
      guard let origin = node.row.origin, !origin.isEmpty else { return nil }
      let key = PinKey(root: node.row.root, path: origin)
      return tree.isPinned(key) ? nil : key
    }
    guard let key else { return }
    let status = try status(of: slot, known)
    if let lower = lowers.first(where: { $0.root.id == key.root }) {
      try pinRepository(of: key.path, in: lower)
    }
    var pin = Pin(root: key.root, path: key.path, status: status)
    if status.kind == .symlink {
      let opened = try openLower(slot, [.path, .noFollow])
      pin.target = try opened.borrowed.symlinkTarget("")
    }
    tree.lock.with { tree.setPin(pin) }
  }

  /// The lower's status of a place, unless it was just asked for.
  func status(of slot: Slot, _ known: FileStatus?) throws(Errno) -> FileStatus {
    if let known { return known }
    return try lowerStatus(slot)
  }

  /// Keeps what the lower is at a name, before the session hides or replaces it.
  func pin(_ name: ByteString, in parent: Slot, _ status: FileStatus) throws(Errno) {
    let path = tree.lock.with { lowerPath(of: parent)?.appending(name) }
    guard let path else { return }
    let lower = tree.lock.with { lowers[Int(inodes[parent].pointee.root)] }
    let key = PinKey(root: lower.root.id, path: path)
    guard !tree.lock.with({ tree.isPinned(key) }) else { return }
    try pinRepository(of: path, in: lower)
    var pin = Pin(root: lower.root.id, path: path, status: status)
    if status.kind == .symlink {
      let directory = try lowerDirectory(parent)
      pin.target = try directory.descriptor.symlinkTarget(name)
    }
    tree.lock.with { tree.setPin(pin) }
  }

  /// Keeps, with the first change in a git repository, where its HEAD and its refs stood: objects
  /// and an index of the session are of use only with those.
  private func pinRepository(of path: ByteString, in lower: Lower) throws(Errno) {
    guard let place = path.repository else { return }
    let key = PinKey(root: lower.root.id, path: place.appending("HEAD"))
    guard !tree.lock.with({ tree.isPinned(key) }) else { return }
    for name: ByteString in ["HEAD", "packed-refs", "refs"] {
      try pinAll(place.appending(name), in: lower)
    }
  }

  private func pinAll(_ path: ByteString, in lower: Lower) throws(Errno) {
    do throws(Errno) {
      let opened = try lower.directory.borrowed.open(beneath: path, [.path, .noFollow])
      let status = try opened.borrowed.status()
      var pin = Pin(root: lower.root.id, path: path, status: status)
      if status.kind == .symlink { pin.target = try opened.borrowed.symlinkTarget("") }
      tree.lock.with { tree.setPin(pin) }
      guard status.kind == .directory else { return }
      for name in try opened.borrowed.entryNames() { try pinAll(path.appending(name), in: lower) }
    } catch .noEntry {
      // A repository need not have all of it.
    }
  }

  /// Says that a directory's list of names changed: its times move, as on any file system.
  func touchDirectory(_ slot: Slot) throws(Errno) {
    let node = try settle(anchor(slot), at: slot)
    tree.lock.lock()
    let now = Timestamp.now
    node.row.modified = now
    node.row.changed = now
    tree.touch(node)
    tree.lock.unlock()
  }
}
