import CFuse
import Glibc
import Linux
import Store

extension FileSystem {
  func allocate(
    _ reply: consuming Reply, _ id: fuse_ino_t, _ mode: Int32, _ offset: Int64, _ count: Int64
  ) {
    changing.lockShared()
    defer { changing.unlockShared() }
    do throws(Errno) {
      let slot = try slot(id)
      try store.admit()
      let (end, overflows) = offset.addingReportingOverflow(count)
      guard offset >= 0, count > 0 else { throw Errno.invalid }
      guard !overflows else { throw Errno.fileTooBig }
      let lock = contentLocks[slot]
      lock.lock()
      defer { lock.unlock() }
      let node = try changeContent(of: slot) { () throws(Errno) in
        try allocate(slot, AllocationMode(rawValue: mode), offset..<end)
      }
      charge(node, unshared: min(count, Self.largestCharge) + 2 * Self.blockSize)
      reply.succeed()
    } catch { reply.fail(error) }
  }

  /// More than any file system holds, and far from the end of the numbers.
  private static let largestCharge: Int64 = 1 << 60

  /// Allocates, zeroes or punches a range of the object; of a partial one nothing else is copied.
  private func allocate(_ slot: Slot, _ mode: AllocationMode, _ range: Range<Int64>) throws(Errno)
    -> LiveNode
  {
    guard mode.isSubset(of: [.keepSize, .punchHole, .zeroRange]) else { throw .notSupported }
    let replaces = !mode.isDisjoint(with: [.punchHole, .zeroRange])
    if !mode.contains(.punchHole) { try admitBytes(slot, range) }
    let size = tree.lock.with { inodes[slot].pointee.liveNode?.row.size }
    let touched = replaces ? range.clamped(to: 0..<(size ?? .max)) : 0..<0
    let node = try writable(slot, touching: touched)
    let before = tree.lock.with { node.row.size }
    let after = mode.contains(.keepSize) ? before : max(before, range.upperBound)
    try cutTail(slot, node, before: .max)
    let content = try openForWriting(slot)
    try content.descriptor.allocate(mode, range)
    try content.descriptor.truncate(to: after)
    note(node, range, replaces: replaces, size: after)
    return node
  }

  private func note(_ node: LiveNode, _ range: Range<Int64>, replaces: Bool, size: Int64) {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    if node.row.flags.contains(.partial) {
      if replaces { node.extents.insert(range.clamped(to: 0..<size)) }
      // What is added is the object's hole, not the lower's bytes.
      if size > node.row.size { node.extents.insert(node.row.size..<size) }
      tree.touchExtents(node)
    }
    node.row.size = size
    node.row.modified = .now
    node.row.changed = node.row.modified
    tree.touch(node)
  }
}

/// What fallocate(2) does to a range.
struct AllocationMode: OptionSet {
  let rawValue: Int32

  static let keepSize = AllocationMode(rawValue: FALLOC_FL_KEEP_SIZE)
  static let punchHole = AllocationMode(rawValue: FALLOC_FL_PUNCH_HOLE)
  static let zeroRange = AllocationMode(rawValue: FALLOC_FL_ZERO_RANGE)
}

extension Descriptor {
  /// As the kernel does it; where the file system can't zero a range (tmpfs), a hole is made of it.
  fileprivate func allocate(_ mode: AllocationMode, _ range: Range<Int64>) throws(Errno) {
    let count = range.upperBound - range.lowerBound
    do throws(Errno) {
      try allocate(mode: mode.rawValue, at: range.lowerBound, count: count)
    } catch .notSupported where mode.contains(.zeroRange) {
      let punch: AllocationMode = [.punchHole, .keepSize]
      try allocate(mode: punch.rawValue, at: range.lowerBound, count: count)
      let rest = mode.intersection(.keepSize)
      try allocate(mode: rest.rawValue, at: range.lowerBound, count: count)
    }
  }
}
