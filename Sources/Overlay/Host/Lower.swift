import CLinux
import Glibc
import Linux
import Store
import Synchronization

/// A root's directory on the host: read beneath its descriptor, never written.
final class Lower: @unchecked Sendable {
  // Invariant: `slot` is set once, before the first request; `devices` is guarded by tree.lock.
  let root: Root
  let directory: OwnedDescriptor
  let device: UInt64
  /// Whether files of the session may share blocks with those of the root, as far as is known.
  let sharesBlocks = Atomic(true)
  var slot: Slot = 0
  /// Other file systems mounted below the root, in the order they were met; 0 is the root's own.
  private var devices: [UInt64]

  init(_ open: OpenRoot) {
    root = open.root
    directory = OwnedDescriptor(owning: open.descriptor)
    device = open.root.device
    devices = [device]
  }

  /// A small number for a device of the host.
  func number(of device: UInt64) -> UInt8 {
    if device == devices[0] { return 0 }
    if let index = devices.firstIndex(of: device) { return UInt8(index) }
    guard devices.count < 255 else { return 255 }
    devices.append(device)
    return UInt8(devices.count - 1)
  }
}

/// Where an inode's lower is.
enum Location {
  case root(Lower)
  case origin(Lower, ByteString)
  case child(Lower, of: Slot, ByteString)
  case nowhere
}

extension FileSystem {
  /// Where the lower has an inode, under the tree's lock.
  private func location(of slot: Slot) -> Location {
    let inode = inodes[slot]
    let lower = lowers[Int(inode.pointee.root)]
    if slot == lower.slot { return .root(lower) }
    if let node = inode.pointee.liveNode {
      guard let origin = node.row.origin else { return .nowhere }
      return .origin(lower, origin)
    }
    guard inode.pointee.parent != 0, let name = inode.pointee.name else { return .nowhere }
    let bytes = UnsafeBufferPointer(start: name, count: Int(inode.pointee.nameLength))
    return .child(lower, of: inode.pointee.parent, ByteString(bytes))
  }

  /// The path of an inode in its lower, relative to the root, under the tree's lock.
  func lowerPath(of slot: Slot) -> ByteString? {
    switch location(of: slot) {
    case .root: return ByteString([])
    case .origin(_, let path): return path
    case .child(_, let parent, let name): return lowerPath(of: parent)?.appending(name)
    case .nowhere: return nil
    }
  }

  /// The lower's directory of a place, kept open for a while.
  ///
  /// A directory that isn't watched is opened anew after a second: the host may have moved it.
  func lowerDirectory(_ slot: Slot) throws(Errno) -> DescriptorCache.Lease {
    let key = UInt64(slot) << 2 | 1
    let isWatched = tree.lock.with { inodes[slot].pointee.flags.contains(.watched) }
    let age = isWatched ? Int64.max : Self.lowerDirectoryAge
    return try directories.lease(key, atMost: age) { () throws(Errno) in
      try openLower(slot, [.directory, .path])
    }
  }

  private static let lowerDirectoryAge: Int64 = 1_000_000_000

  /// Opens what the lower has at a place.
  func openLower(_ slot: Slot, _ flags: OpenFlags) throws(Errno) -> OwnedDescriptor {
    tree.lock.lock()
    let location = location(of: slot)
    inodes[slot].pointee.flags.insert(.described)
    tree.lock.unlock()
    return try relieved { () throws(Errno) in
      switch location {
      case .root(let lower):
        return try lower.directory.borrowed.open(".", flags)
      case .origin(let lower, let path):
        return try lower.directory.borrowed.open(beneath: path, flags)
      case .child(_, let parent, let name):
        let directory = try lowerDirectory(parent)
        return try directory.descriptor.open(beneath: name, flags)
      case .nowhere: throw .noEntry
      }
    }
  }

  /// Closes what is only kept open for speed when there are no descriptors left, and tries again.
  func relieved<Result: ~Copyable>(_ body: () throws(Errno) -> Result) throws(Errno) -> Result {
    do throws(Errno) { return try body() } catch .tooManyOpen {
      directories.closeIdle()
      contents.closeIdle()
      return try body()
    }
  }

  /// Opens what the lower has at a place for reading, if it may be so that its access time stays.
  func openUnnoticed(_ slot: Slot, _ flags: OpenFlags) throws(Errno) -> OwnedDescriptor {
    do throws(Errno) {
      return try openLower(slot, flags.union(.noAccessTime))
    } catch .notPermitted {
      // Only the owner may leave the time alone; others' times are the host's to move.
      return try openLower(slot, flags)
    }
  }

  /// The lower's status of a place.
  func lowerStatus(_ slot: Slot) throws(Errno) -> FileStatus {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) {
      (room) throws(Errno) -> FileStatus in
      if let name = room.baseAddress, let parent = copyName(of: slot, into: room) {
        let directory = try lowerDirectory(parent)
        return try directory.descriptor.status(of: name)
      }
      if let lower = tree.lock.with({ lowers.first { $0.slot == slot } }) {
        return try lower.directory.borrowed.status()
      }
      let opened = try openLower(slot, [.path, .noFollow])
      return try opened.borrowed.status()
    }
  }

  /// The parent of an untouched place, whose name comes into `room`; nil: its path is told otherwise.
  private func copyName(of slot: Slot, into room: UnsafeMutableBufferPointer<CChar>) -> Slot? {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    let inode = inodes[slot]
    guard inode.pointee.node == nil, slot != lowers[Int(inode.pointee.root)].slot,
      inode.pointee.parent != 0, let name = inode.pointee.name,
      Int(inode.pointee.nameLength) < room.count
    else { return nil }
    let count = Int(inode.pointee.nameLength)
    UnsafeMutableRawBufferPointer(room).copyMemory(
      from: UnsafeRawBufferPointer(start: name, count: count))
    room[count] = 0
    return inode.pointee.parent
  }

  /// The lower's status of a name in the directory at a place.
  func lowerStatus(_ name: Name, in parent: Slot) throws(Errno) -> FileStatus {
    let directory = try lowerDirectory(parent)
    return try directory.descriptor.status(of: name.cString)
  }
}
