import CFuse
import Glibc
import Linux
import Store

extension FileSystem {
  func write(
    _ reply: consuming Reply, _ id: fuse_ino_t, _ bytes: UnsafeRawBufferPointer, _ offset: Int64
  ) {
    changing.lockShared()
    defer { changing.unlockShared() }
    let caller = reply.caller
    do throws(Errno) {
      let slot = try slot(id)
      do throws(Errno) { try write(bytes, at: offset, to: slot, for: caller) } catch {
        doubt(slot)
        throw error
      }
      reply.send(written: bytes.count)
    } catch { reply.fail(error) }
  }

  private func write(
    _ bytes: UnsafeRawBufferPointer, at offset: Int64, to slot: Slot, for caller: Reply.Caller
  ) throws(Errno) {
    let kills = (Worker.current?.writeFlags ?? 0) & UInt32(FUSE_WRITE_KILL_SUIDGID) != 0
    try store.admit()
    let lock = contentLocks[slot]
    lock.lock()
    defer { lock.unlock() }
    let end = offset + Int64(bytes.count)
    let node = try changeContent(of: slot) { () throws(Errno) in
      try admitBytes(slot, offset..<end)
      let node = try writable(slot, touching: offset..<end)
      try cutTail(slot, node, before: end)
      try makeRoomInMemory(slot, node, for: bytes.count)
      let content = try openForWriting(slot)
      try content.descriptor.write(bytes, at: offset)
      return node
    }
    charge(node, unshared: Int64(bytes.count) + 2 * Self.blockSize)
    tree.lock.lock()
    noteWritten(node, offset..<end)
    if kills { clearSetID(node, for: caller) }
    tree.lock.unlock()
  }

  /// Changes the content of a place, whose content lock the caller has.
  ///
  /// Tries once more when the disk was full and removed files still held space: what is dead is only
  /// emptied once the database says so, and that may be 100 ms later.
  func changeContent<Result>(
    of slot: Slot, _ body: () throws(Errno) -> Result
  ) throws(Errno) -> Result {
    do throws(Errno) {
      do throws(Errno) { return try body() } catch .noSpace {
        guard tree.lock.with({ tree.hasDeadObjects }) else { throw .noSpace }
        do { try store.flush(durable: false) } catch { throw error.errno }
        return try body()
      }
    } catch {
      noteTorn(slot)
      throw error
    }
  }

  /// A part of what was refused may lie behind the end of the object, where no growth may show it.
  private func noteTorn(_ slot: Slot) {
    tree.lock.with {
      guard let node = inodes[slot].pointee.liveNode, node.row.object != nil,
        node.row.objectStep == tree.step
      else { return }
      node.hasTail = true
    }
  }

  /// The object of a place, open for writing; `writable(_:touching:)` has made it this step's own.
  ///
  /// What a crash left behind the size that its row says is cut off: no row speaks of it.
  func openForWriting(_ slot: Slot) throws(Errno) -> DescriptorCache.Lease {
    try contents.lease(ContentPurpose.write.key(slot)) { () throws(Errno) in
      switch source(of: slot) {
      case .object(let object, _), .partial(let object, _):
        let opened = try relieved { () throws(Errno) in
          try store.files.openObject(object, .readWrite)
        }
        let (size, hasTail) = tree.lock.with {
          let node = inodes[slot].pointee.liveNode
          return (node?.row.size ?? 0, node?.hasTail ?? true)
        }
        if !hasTail, try opened.borrowed.status().size > size {
          try opened.borrowed.truncate(to: size)
        }
        return opened
      case .lower, .nothing: throw Errno.io
      }
    }
  }

  /// Says that a range of the object was written, under the tree's lock.
  func noteWritten(_ node: LiveNode, _ range: Range<Int64>) {
    if node.row.flags.contains(.partial) {
      // A gap behind the old end is the object's hole, not the lower's bytes.
      let start = range.lowerBound > node.row.size ? node.row.size : range.lowerBound
      node.extents.insert(start..<range.upperBound)
      tree.touchExtents(node)
    }
    node.row.size = max(node.row.size, range.upperBound)
    let now = Timestamp.now
    node.row.modified = now
    node.row.changed = now
    tree.touch(node)
  }

  /// Lets content go to the disk that has no room in memory; the caller has the content lock.
  private func makeRoomInMemory(_ slot: Slot, _ node: LiveNode, for count: Int) throws(Errno) {
    guard let object = tree.lock.with({ node.row.object }) else { return }
    if try store.spill(object, beforeWriting: count) { dropContent(of: slot) }
  }

  /// Cuts or extends a file.
  func resize(_ slot: Slot, _ node: LiveNode, to size: Int64) throws(Errno) {
    let lock = contentLocks[slot]
    lock.lock()
    defer { lock.unlock() }
    if let most = options.maximumFileSize, size > most { throw .fileTooBig }
    if size == 0 {
      try makeEmpty(slot, node)
    } else {
      // What lies behind the new end need not be copied.
      _ = try changeContent(of: slot) { () throws(Errno) in
        try writable(slot, touching: size..<size)
      }
      try cutTail(slot, node, before: size)
      let isShorter = tree.lock.with { size < node.row.size }
      if isShorter {
        // The bytes stay until the file grows again: a crash may bring the old size back.
        tree.lock.with { node.hasTail = true }
      } else {
        let content = try openForWriting(slot)
        try content.descriptor.truncate(to: size)
      }
    }
    let before = noteResized(node, to: size)
    // Bytes behind the end are worth keeping only while they are few.
    if before - size > Self.largestTail { try cutTail(slot, node, before: .max) }
    charge(node, unshared: Self.blockSize)
  }

  /// How much of a file that was made shorter may wait for its next growth to be given back.
  private static let largestTail: Int64 = 256 << 10

  /// Gives a node its new size; answers the old one.
  private func noteResized(_ node: LiveNode, to size: Int64) -> Int64 {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    let before = node.row.size
    node.lowerSize = min(node.lowerSize, size)
    if node.row.flags.contains(.partial) {
      node.extents.truncate(to: size)
      if size > before { node.extents.insert(before..<size) }
      tree.touchExtents(node)
    }
    node.row.size = size
    tree.touch(node)
    return before
  }

  /// Takes away what lies behind the end before a file grows over it.
  ///
  /// The database learns of the shorter size first: no crash may bring back the longer one with
  /// other bytes in it. The caller has the content lock.
  func cutTail(_ slot: Slot, _ node: LiveNode, before end: Int64) throws(Errno) {
    let size = tree.lock.with { node.hasTail && end > node.row.size ? node.row.size : -1 }
    guard size >= 0 else { return }
    do { try store.flush(durable: false) } catch { throw error.errno }
    let content = try openForWriting(slot)
    try content.descriptor.truncate(to: size)
    tree.lock.with { node.hasTail = false }
  }

  /// Lets a file have no content at all, without copying what it had.
  private func makeEmpty(_ slot: Slot, _ node: LiveNode) throws(Errno) {
    let hadLower = tree.lock.with { node.row.flags.contains(.lowerContent) }
    if hadLower { try pinContent(node, at: slot) }
    // This step's own object goes as well: cut in place, it would be empty at once, and its row only
    // with the next batch. A crash between them would bring back the old size without the bytes.
    tree.lock.lock()
    tree.releaseObject(of: node)
    node.hasTail = false
    node.row.flags.subtract([.lowerContent, .partial])
    node.extents = ExtentMap()
    tree.touchExtents(node)
    tree.lock.unlock()
    dropContent(of: slot)
  }

  /// Closes what is open of a content that is no longer the place's.
  func dropContent(of slot: Slot) {
    for purpose in ContentPurpose.allCases { contents.drop(purpose.key(slot)) }
  }
}
