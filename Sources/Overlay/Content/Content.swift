import CFuse
import Glibc
import Linux
import Store

/// What an open content is for.
enum ContentPurpose: UInt64, CaseIterable {
  case read = 0
  case write = 2
  case lower = 3

  func key(_ slot: Slot) -> UInt64 { UInt64(slot) << 2 | rawValue }
}

/// Where the bytes of a file are.
enum ContentSource {
  case nothing
  case lower
  case object(ObjectID, size: Int64)
  /// An object that holds only some bytes; the rest is the lower's.
  case partial(ObjectID, LiveNode)
}

extension FileSystem {
  func read(_ reply: consuming Reply, _ id: fuse_ino_t, _ size: Int, _ offset: Int64) {
    do throws(Errno) {
      let slot = try slot(id)
      guard let worker = Worker.current else { throw Errno.io }
      let wanted = min(size, worker.scratch.count)
      let room = UnsafeMutableRawBufferPointer(rebasing: worker.scratch[..<wanted])
      var whole: OwnedDescriptor?
      let count = try read(slot, into: room, at: offset, whole: &whole)
      noteRead(slot)
      reply.send(UnsafeRawBufferPointer(rebasing: room[..<count]))
      // Closed only now: who reads goes on meanwhile.
      _ = consume whole
    } catch { reply.fail(error) }
  }

  /// Moves the access time as relatime does, of nodes whose times are the session's own.
  private func noteRead(_ slot: Slot) {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    guard let node = inodes[slot].pointee.liveNode, !node.row.flags.contains(.lowerAttributes)
    else { return }
    let last = node.row.accessed
    let now = Timestamp.now
    guard
      last <= node.row.modified || last <= node.row.changed
        || last.nanoseconds < now.nanoseconds - Self.day
    else { return }
    node.row.accessed = now
    tree.touch(node)
  }

  private static let day: Int64 = 86_400_000_000_000

  private func read(
    _ slot: Slot, into room: UnsafeMutableRawBufferPointer, at offset: Int64,
    whole: inout OwnedDescriptor?
  ) throws(Errno) -> Int {
    switch source(of: slot) {
    case .nothing: return 0
    case .lower: return try readLower(slot, into: room, at: offset, whole: &whole)
    case .object(_, let size):
      // An object may be longer than its file: what lies behind the end is nobody's.
      let content = try openContent(slot)
      let wanted = Int(max(0, min(Int64(room.count), size - offset)))
      let part = UnsafeMutableRawBufferPointer(rebasing: room[..<wanted])
      return try content.descriptor.readFully(into: part, at: offset)
    case .partial(_, let node):
      return try readPartial(slot, node, into: room, at: offset)
    }
  }

  /// Reads the lower's content.
  ///
  /// A file that fits into one request is not kept open: its content is the kernel's from now on. It
  /// is handed to the caller to be closed.
  private func readLower(
    _ slot: Slot, into room: UnsafeMutableRawBufferPointer, at offset: Int64,
    whole: inout OwnedDescriptor?
  ) throws(Errno) -> Int {
    let key = ContentPurpose.read.key(slot)
    if let kept = contents.find(key) {
      return try kept.descriptor.readFully(into: room, at: offset)
    }
    let opened = try openLowerFile(slot)
    let status = try identify(opened.borrowed, as: slot)
    let count = try opened.borrowed.readFully(into: room, at: offset)
    if offset == 0, status.size <= room.count {
      whole = consume opened
    } else {
      contents.keep(opened, as: key)
    }
    return count
  }

  /// Where the bytes of a place are now.
  func source(of slot: Slot) -> ContentSource {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    let inode = inodes[slot]
    inode.pointee.flags.insert(.described)
    guard let node = inode.pointee.liveNode else { return .lower }
    if let object = node.row.object {
      return node.row.flags.contains(.partial)
        ? .partial(object, node) : .object(object, size: node.row.size)
    }
    return node.row.flags.contains(.lowerContent) ? .lower : .nothing
  }

  /// The open content of a place for reading.
  func openContent(_ slot: Slot) throws(Errno) -> DescriptorCache.Lease {
    try contents.lease(ContentPurpose.read.key(slot)) { () throws(Errno) in
      switch source(of: slot) {
      case .object(let object, _), .partial(let object, _):
        try relieved { () throws(Errno) in try store.files.openObject(object) }
      case .lower, .nothing: try openLowerContent(slot)
      }
    }
  }

  /// The lower's content that shows in the gaps of a partial object.
  ///
  /// Once the host has edited it, what the session wrote and what it did not would be of two files:
  /// ESTALE is better than a torn one.
  func lowerContent(_ slot: Slot) throws(Errno) -> DescriptorCache.Lease {
    let lease = try contents.lease(ContentPurpose.lower.key(slot)) { () throws(Errno) in
      try openLowerContent(slot)
    }
    let status = try lease.descriptor.status()
    let pin = tree.lock.with { () -> Pin? in
      guard let row = inodes[slot].pointee.liveNode?.row, let origin = row.origin else {
        return nil
      }
      return tree.pin(PinKey(root: row.root, path: origin))
    }
    if let pin, pin.size != status.size || pin.modified != status.modified { throw .stale }
    return lease
  }

  /// Opens the lower's content of a place: exactly the file that the kernel was told of.
  func openLowerContent(_ slot: Slot) throws(Errno) -> OwnedDescriptor {
    let opened = try openLowerFile(slot)
    _ = try identify(opened.borrowed, as: slot)
    return opened
  }

  private func openLowerFile(_ slot: Slot) throws(Errno) -> OwnedDescriptor {
    do throws(Errno) {
      return try openUnnoticed(slot, [.noFollow, .nonBlocking])
    } catch .noEntry, .notDirectory, .loop {
      // Who has the file open is told so; read(2) knows no ENOENT.
      throw .stale
    }
  }

  /// The status of an open file, which is the one that the kernel was told of at a place.
  private func identify(_ opened: Descriptor, as slot: Slot) throws(Errno) -> FileStatus {
    let status = try opened.status()
    let isKnown = tree.lock.with {
      let inode = inodes[slot]
      let known = inode.pointee.liveNode?.row.originInode ?? inode.pointee.lowerInode
      return known == status.inode && status.kind == .regular
    }
    guard isKnown else { throw .stale }
    return status
  }

  private func readPartial(
    _ slot: Slot, _ node: LiveNode, into room: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(Errno) -> Int {
    let (size, extents, limit) = tree.lock.with {
      (node.row.size, node.extents, node.lowerSize)
    }
    guard offset < size else { return 0 }
    let end = offset + min(Int64(room.count), size - offset)
    var at = offset
    while at < end {
      let (until, isOwn) = extents.part(from: at, to: end)
      let part = UnsafeMutableRawBufferPointer(
        rebasing: room[Int(at - offset)..<Int(until - offset)])
      if isOwn {
        let content = try openContent(slot)
        try fill(part, from: content.descriptor, at: at, limit: .max)
      } else {
        let content = try lowerContent(slot)
        try fill(part, from: content.descriptor, at: at, limit: limit)
      }
      at = until
    }
    return Int(end - offset)
  }

  /// Reads what there is below `limit`, and zeros behind it.
  private func fill(
    _ part: UnsafeMutableRawBufferPointer, from source: Descriptor, at offset: Int64, limit: Int64
  ) throws(Errno) {
    let readable = max(0, min(Int64(part.count), limit - offset))
    let count = try source.readFully(
      into: UnsafeMutableRawBufferPointer(rebasing: part[..<Int(readable)]), at: offset)
    UnsafeMutableRawBufferPointer(rebasing: part[count...])
      .initializeMemory(as: UInt8.self, repeating: 0)
  }

  func synchronize(_ reply: consuming Reply, _ id: fuse_ino_t, dataOnly: Bool) {
    do throws(Errno) {
      let slot = try slot(id)
      switch source(of: slot) {
      case .object(let object, _), .partial(let object, _):
        let opened = try relieved { () throws(Errno) in
          try store.files.openObject(object, .readWrite)
        }
        try opened.borrowed.synchronize(dataOnly: dataOnly)
      case .lower, .nothing: break
      }
      try makeDurable()
      reply.succeed()
    } catch { reply.fail(error) }
  }

  func synchronizeDirectory(_ reply: consuming Reply, _ id: fuse_ino_t) {
    do throws(Errno) {
      try makeDurable()
      reply.succeed()
    } catch { reply.fail(error) }
  }

  private func makeDurable() throws(Errno) {
    do throws(StoreError) { try store.flush(durable: true) } catch { throw error.errno }
  }
}
