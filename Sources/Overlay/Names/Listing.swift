import CFuse
import Glibc
import Linux
import Store

/// The names of a directory at one moment, in an order that depends on nothing but the names.
///
/// A cookie is the hash of a name, as ext4 has it: whatever comes and goes between two reads,
/// nothing that was there throughout is shown twice or left out.
final class Listing: Sendable {
  struct Item: Sendable {
    let cookie: Int64
    /// Where the name begins in `names`; it ends with a NUL.
    let start: UInt32
    let kind: UInt8
  }

  let slot: UInt32
  let items: [Item]
  let names: [UInt8]

  init(slot: UInt32, items: [Item], names: [UInt8]) {
    self.slot = slot
    self.items = items.sorted { $0.cookie < $1.cookie }
    self.names = names
  }

  /// The first item behind a cookie.
  func index(behind cookie: Int64) -> Int {
    var (low, high) = (0, items.count)
    while low < high {
      let middle = (low + high) / 2
      if items[middle].cookie > cookie { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// A cookie of 62 bits, never one of those that "." and ".." have.
  static func cookie(of name: UnsafeBufferPointer<UInt8>) -> Int64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash = (hash ^ (hash >> 32)) &* 0x9E37_79B9_7F4A_7C15
    return Int64(hash >> 2) | 4
  }
}

/// The listings that were asked for last, so that a large directory is read once for all requests.
final class ListingCache: @unchecked Sendable {
  // Invariant: `kept` is guarded by `lock`.
  private let lock = Lock()
  private var kept: [Listing] = []
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  func find(_ slot: Slot) -> Listing? {
    lock.with { kept.last { $0.slot == slot } }
  }

  /// Forgets the listing of a place that is given up: the next directory there has other names.
  func drop(_ slot: Slot) {
    lock.with { kept.removeAll { $0.slot == slot } }
  }

  func keep(_ listing: Listing) {
    lock.with {
      kept.removeAll { $0.slot == listing.slot }
      if kept.count == limit { kept.removeFirst() }
      kept.append(listing)
    }
  }
}

extension FileSystem {
  func list(
    _ reply: consuming Reply, _ id: fuse_ino_t, _ size: Int, _ offset: Int64, withAttributes: Bool
  ) {
    do throws(Errno) {
      let slot = try slot(id)
      guard let worker = Worker.current else { throw Errno.io }
      let room = UnsafeMutableRawBufferPointer(
        rebasing: worker.scratch[..<min(size, worker.scratch.count)])
      let listing = try listing(of: slot, from: offset)
      var page = Page(request: reply.request, room: room)
      addDots(to: &page, slot, from: offset, withAttributes)
      let directory = try listedDirectory(slot)
      defer { directory.map { _ = OwnedDescriptor(owning: $0.raw) } }
      var index = listing.index(behind: offset)
      while index < listing.items.count {
        let item = listing.items[index]
        guard try add(item, of: listing, to: &page, slot, directory, withAttributes) else { break }
        index += 1
      }
      reply.send(UnsafeRawBufferPointer(rebasing: room[..<page.count]))
    } catch { reply.fail(error) }
  }

  /// A new listing when a reader starts; later pages are of the one that is kept.
  private func listing(of slot: Slot, from offset: Int64) throws(Errno) -> Listing {
    if offset > 2, let kept = listings.find(slot) { return kept }
    let made = try makeListing(of: slot)
    listings.keep(made)
    return made
  }

  private func makeListing(of slot: Slot) throws(Errno) -> Listing {
    var items: [Listing.Item] = []
    var names: [UInt8] = []
    func add(_ name: UnsafeBufferPointer<UInt8>, _ kind: UInt8) {
      items.append(
        Listing.Item(cookie: Listing.cookie(of: name), start: UInt32(names.count), kind: kind))
      names.append(contentsOf: name)
      names.append(0)
    }
    if slot == top {
      for lower in lowers { ByteString("\(lower.root.id)").withBuffer { add($0, UInt8(DT_DIR)) } }
      return Listing(slot: slot, items: items, names: names)
    }
    let node = tree.lock.with { inodes[slot].pointee.liveNode }
    var isMerged = true
    if let node {
      tree.lock.lock()
      isMerged = node.row.flags.contains(.merged)
      tree.forEachEntry(of: node) { name, child in
        guard let child else { return }
        name.withBuffer { add($0, UInt8(child.row.kind.modeBits >> 12)) }
      }
      tree.lock.unlock()
    }
    guard isMerged else { return Listing(slot: slot, items: items, names: names) }
    watch?.add(slot, self)
    do throws(Errno) {
      let opened = try openUnnoticed(slot, [.directory])
      try opened.borrowed.forEachEntry { name, _, kind throws(Errno) in
        if isHidden(name, in: slot) { return }
        guard let node else { return add(name, kind) }
        if case .absent = tree.lock.with({ tree.find(name, in: node) }) { add(name, kind) }
      }
    } catch .noEntry {
      // The host has removed the directory: only what the session has is left.
    }
    return Listing(slot: slot, items: items, names: names)
  }

  /// The lower's directory of a place, a descriptor of the caller's own; nil: there is none.
  private func listedDirectory(_ slot: Slot) throws(Errno) -> Descriptor? {
    if slot == top { return nil }
    do throws(Errno) {
      let lease = try lowerDirectory(slot)
      return Descriptor(try lease.descriptor.duplicate().release())
    } catch .noEntry, .notDirectory { return nil }
  }

  private func addDots(
    to page: inout Page, _ slot: Slot, from offset: Int64, _ withAttributes: Bool
  ) {
    guard offset < 2 else { return }
    var entry = fuse_entry_param()
    entry.attr.st_mode = S_IFDIR
    // A directory that the host took away meanwhile keeps the place's number for a hint.
    entry.attr.st_ino = ino_t((try? inodeNumber(of: slot)) ?? UInt64(slot))
    if offset < 1 { _ = page.add(".", &entry, 1, withAttributes) }
    if offset < 2 { _ = page.add("..", &entry, 2, withAttributes) }
  }

  /// Adds one entry; false when the page is full.
  private func add(
    _ item: Listing.Item, of listing: Listing, to page: inout Page, _ slot: Slot,
    _ directory: Descriptor?, _ withAttributes: Bool
  ) throws(Errno) -> Bool {
    try listing.names.withUnsafeBufferPointer { names throws(Errno) -> Bool in
      let start = UnsafeRawPointer(names.baseAddress.unsafelyUnwrapped + Int(item.start))
      let name = Name(start.assumingMemoryBound(to: CChar.self))
      var entry = fuse_entry_param()
      entry.attr.st_mode = mode_t(item.kind) << 12
      // Without attributes the number is only a hint; nobody may take it for the file's.
      entry.attr.st_ino = ino_t(UInt32.max)
      if isDenied(name.bytes, in: slot) { return true }
      guard page.fits(name, withAttributes) else { return false }
      if withAttributes {
        do throws(Errno) {
          entry = try announce(child(name, of: slot, in: directory), name, in: slot)
        } catch .noEntry {
          return true  // It went after the listing was made.
        }
      } else if let inode = try? shownInode(name, in: slot, directory) {
        // A name that went meanwhile keeps the hint.
        entry.attr.st_ino = ino_t(inode)
      }
      return page.add(name.cString, &entry, item.cookie, withAttributes)
    }
  }

  private func shownInode(_ name: Name, in slot: Slot, _ directory: Descriptor?) throws(Errno)
    -> UInt64
  {
    switch try child(name, of: slot, in: directory) {
    case .node(let node): return tree.lock.with { node.row.inode }
    case .lower(let status):
      return tree.lock.with { visibleInode(status, root: Int(inodes[slot].pointee.root)) }
    case .absent, .whiteout: throw .noEntry
    }
  }
}

/// The answer to one READDIR as it is filled.
private struct Page {
  let request: fuse_req_t
  let room: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init(request: fuse_req_t, room: UnsafeMutableRawBufferPointer) {
    self.request = request
    self.room = room
  }

  private var rest: UnsafeMutablePointer<CChar>? {
    room.baseAddress.map { ($0 + count).assumingMemoryBound(to: CChar.self) }
  }

  /// Whether one more name has room; asked before the kernel's count of it goes up.
  func fits(_ name: Name, _ withAttributes: Bool) -> Bool {
    let header = withAttributes ? MemoryLayout<fuse_entry_out>.size : 0
    let size = (header + 24 + name.bytes.count + 7) / 8 * 8
    return count + size <= room.count
  }

  mutating func add(
    _ name: UnsafePointer<CChar>, _ entry: inout fuse_entry_param, _ cookie: Int64,
    _ withAttributes: Bool
  ) -> Bool {
    let size =
      withAttributes
      ? fuse_add_direntry_plus(request, rest, room.count - count, name, &entry, off_t(cookie))
      : fuse_add_direntry(request, rest, room.count - count, name, &entry.attr, off_t(cookie))
    guard count + size <= room.count else { return false }
    count += size
    return true
  }
}
