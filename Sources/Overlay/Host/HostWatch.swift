import CFuse
import CLinux
import Glibc
import Linux
import Store

/// Watches the host's directories that the kernel caches, and tells the kernel what changed there.
///
/// Invariant: `slots` and `watches` are guarded by the tree's lock of the file system.
final class HostWatch: @unchecked Sendable {
  private let inotify: OwnedDescriptor
  private let ending: OwnedDescriptor
  private var slots: [Int32: Slot] = [:]
  private var watches: [Slot: Int32] = [:]
  private var thread: Thread?

  /// What the host may do to a directory that concerns who looks at it.
  ///
  /// Of what is written through a mapping nothing is told before the file is closed.
  private static let events = UInt32(
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB
      | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

  /// A watch over nothing yet; nil where the kernel gives no inotify instance.
  init?() {
    let made = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    let event = eventfd(0, Int32(EFD_CLOEXEC))
    guard made >= 0, event >= 0 else {
      for raw in [made, event] where raw >= 0 { _ = OwnedDescriptor(owning: raw) }
      return nil
    }
    inotify = OwnedDescriptor(owning: made)
    ending = OwnedDescriptor(owning: event)
  }

  /// Watches the lower's directory of a place, unless it is watched or too many are.
  ///
  /// Must come before what is looked up in it: a change in between is then seen.
  func add(_ slot: Slot, _ system: FileSystem) {
    let tree = system.tree
    let isWanted = tree.lock.with {
      !system.inodes[slot].pointee.flags.contains(.watched)
        && watches.count < system.options.watchLimit
    }
    // A directory that can't be watched is asked for again every second instead.
    guard isWanted, let directory = try? system.lowerDirectory(slot) else { return }
    let watch = directory.descriptor.procPath.withCString {
      inotify_add_watch(inotify.raw, $0, Self.events)
    }
    guard watch >= 0 else { return }
    tree.lock.with {
      slots[watch] = slot
      watches[slot] = watch
      system.inodes[slot].pointee.flags.insert(.watched)
    }
  }

  /// Ends the watch of a place that is given up, under the tree's lock.
  func remove(_ slot: Slot) {
    guard let watch = watches.removeValue(forKey: slot), slots[watch] == slot else { return }
    slots[watch] = nil
    inotify_rm_watch(inotify.raw, watch)
  }

  /// Starts the thread that passes on what the host does.
  func start(for system: FileSystem) throws(Errno) {
    thread = try Thread.start { [self] in run(system) }
  }

  /// Ends the thread.
  func stop() {
    // The counter can't overflow: it is written once.
    eventfd_write(ending.raw, 1)
    thread?.join()
    thread = nil
  }

  private func run(_ system: FileSystem) {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
    defer { room.deallocate() }
    while true {
      var waited = [
        pollfd(fd: inotify.raw, events: Int16(POLLIN), revents: 0),
        pollfd(fd: ending.raw, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&waited, 2, -1)
      if waited[1].revents != 0 { return }
      let count = read(inotify.raw, room.baseAddress, room.count)
      if count > 0 { handle(UnsafeRawBufferPointer(rebasing: room[..<count]), system) }
    }
  }

  private func handle(_ events: UnsafeRawBufferPointer, _ system: FileSystem) {
    var at = 0
    var displaced: Set<PinKey> = []
    defer { system.tellEdited(displaced) }
    while at + MemoryLayout<inotify_event>.size <= events.count {
      let event = events.loadUnaligned(fromByteOffset: at, as: inotify_event.self)
      let start = at + MemoryLayout<inotify_event>.size
      at = start + Int(event.len)
      if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
        system.forgetEverythingCached()
        system.notices.tellAgain(.everything)
        continue
      }
      let slot = system.tree.lock.with { slots[event.wd] }
      guard let slot else { continue }
      // A directory that moved is watched where it is now: what the kernel caches of it stays valid.
      if event.mask & UInt32(IN_IGNORED | IN_DELETE_SELF) != 0 {
        unwatch(event.wd, slot, system)
      }
      guard event.len > 0, let base = events.baseAddress else {
        system.tellInodeChanged(slot)
        continue
      }
      let name = Name((base + start).assumingMemoryBound(to: CChar.self))
      system.tellNameChanged(name, in: slot)
      system.notices.tellAgain(.name(ByteString(name.bytes), in: slot))
      if let key = system.displaced(name, in: slot) { displaced.insert(key) }
    }
  }

  private func unwatch(_ watch: Int32, _ slot: Slot, _ system: FileSystem) {
    system.tree.lock.with {
      slots[watch] = nil
      if watches[slot] == watch {
        watches[slot] = nil
        system.inodes[slot].pointee.flags.remove(.watched)
      }
    }
    system.directories.drop(UInt64(slot) << 2 | 1)
  }
}

// What the kernel is told, by threads that hold no lock.
extension FileSystem {
  /// Lets the kernel ask again for a name; what has it open or stands in it is not disturbed.
  func tellNameChanged(_ name: Name, in parent: Slot) {
    let sent = fuse_lowlevel_notify_expire_entry(
      session, fuse_ino_t(parent), name.cString, name.bytes.count, FUSE_LL_EXPIRE_ONLY)
    if sent == -ENOSYS {
      // A kernel before 6.2 knows only the harder way.
      fuse_lowlevel_notify_inval_entry(
        session, fuse_ino_t(parent), name.cString, name.bytes.count)
    }
    tellInodeChanged(parent)
  }

  /// Lets the kernel ask again for an inode's attributes and, of a directory, its names.
  func tellInodeChanged(_ slot: Slot) {
    fuse_lowlevel_notify_inval_inode(session, fuse_ino_t(slot), 0, 0)
  }

  /// Lets the kernel ask again for everything that it knows of the lower: events were lost.
  func forgetEverythingCached() {
    for slot in tree.lock.with({ inodes.lowerSlots() }) {
      let (parent, name) = tree.lock.with { () -> (Slot, ByteString) in
        guard inodes.isUsed(UInt64(slot)), let start = inodes[slot].pointee.name else {
          return (0, ByteString([]))
        }
        let count = Int(inodes[slot].pointee.nameLength)
        return (
          inodes[slot].pointee.parent,
          ByteString(UnsafeBufferPointer(start: start, count: count))
        )
      }
      guard parent != 0 else { continue }
      name.withCString { tellNameChanged(Name($0), in: parent) }
    }
  }
}
