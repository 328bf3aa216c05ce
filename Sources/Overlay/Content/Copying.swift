import CFuse
import Glibc
import Linux
import Store

extension FileSystem {
  /// Copies within the host, so that no byte goes through the kernel's cache of the view: as a reflink
  /// where the store's file system has them.
  ///
  /// The kernel has written what it had cached of both ranges. What is answered may be less than was
  /// asked for; the kernel then asks again.
  func copy(
    _ reply: consuming Reply, from source: fuse_ino_t, at start: Int64, to target: fuse_ino_t,
    at offset: Int64, _ count: Int
  ) {
    changing.lockShared()
    defer { changing.unlockShared() }
    do throws(Errno) {
      let (source, target) = (try slot(source), try slot(target))
      try store.admit()
      let size = try contentSize(source)
      let wanted = min(Int64(min(count, Self.largestCopy)), size - start)
      guard wanted > 0 else { return reply.send(written: 0) }
      let lock = contentLocks[target]
      lock.lock()
      defer { lock.unlock() }
      let range = offset..<(offset + wanted)
      let node = try changeContent(of: target) { () throws(Errno) in
        try admitBytes(target, range)
        let node = try writable(target, touching: range)
        try cutTail(target, node, before: range.upperBound)
        try copy(source, start, to: target, range)
        return node
      }
      charge(node, unshared: wanted + 2 * Self.blockSize)
      tree.lock.with { noteWritten(node, range) }
      reply.send(written: Int(wanted))
    } catch { reply.fail(error) }
  }

  /// What one request may keep a worker and the file's lock busy with.
  private static let largestCopy = 64 << 20

  private func contentSize(_ slot: Slot) throws(Errno) -> Int64 {
    if let row = tree.lock.with({ inodes[slot].pointee.liveNode?.row }),
      !row.flags.contains(.lowerAttributes)
    {
      return row.size
    }
    return try lowerStatus(slot).size
  }

  /// Copies part by part, from where each part of the source is; all of it lies before the end.
  private func copy(_ source: Slot, _ start: Int64, to target: Slot, _ range: Range<Int64>)
    throws(Errno)
  {
    let object = try openForWriting(target)
    let shift = range.lowerBound - start
    guard case .partial(_, let node) = self.source(of: source) else {
      let content = try openContent(source)
      return try object.descriptor.copyRange(
        from: content.descriptor, at: start, to: range.lowerBound,
        count: range.upperBound - shift - start)
    }
    let (extents, limit) = tree.lock.with { (node.extents, node.lowerSize) }
    var at = start
    while at < range.upperBound - shift {
      let (end, isOwn) = extents.part(from: at, to: range.upperBound - shift)
      let content = try isOwn ? openContent(source) : lowerContent(source)
      let readable = isOwn ? end : min(end, max(limit, at))
      try object.descriptor.copyRange(
        from: content.descriptor, at: at, to: at + shift, count: readable - at)
      // Behind what is left of the lower there are zeros.
      try object.descriptor.clear(readable + shift..<end + shift)
      at = end
    }
  }
}

extension Descriptor {
  /// Lets a range read as zeros.
  fileprivate func clear(_ range: Range<Int64>) throws(Errno) {
    guard !range.isEmpty else { return }
    let punch: AllocationMode = [.punchHole, .keepSize]
    if try status().size < range.upperBound { try truncate(to: range.upperBound) }
    try allocate(
      mode: punch.rawValue, at: range.lowerBound, count: range.upperBound - range.lowerBound)
  }
}
