import Linux
import Store

/// The number of a place in the inode table, which is the node id that the kernel knows.
typealias Slot = UInt32

/// What the keeper remembers of an inode that the kernel knows: 64 bytes and the name.
struct Inode {
  /// How often the kernel was told of it and has not forgotten it.
  var lookups: UInt64 = 0
  /// How many other inodes' paths lead through it.
  var holds: UInt32 = 0
  /// The directory of the lower in which `name` leads here; 0: none.
  var parent: Slot = 0
  /// The next inode with the same hash; in a free place, the next free one of its chunk.
  var next: Slot = 0
  var name: UnsafeMutablePointer<UInt8>?
  var lowerInode: UInt64 = 0
  /// The lower's change time when it was last seen, in nanoseconds: another one is a host's edit.
  var lowerChanged: Int64 = 0
  /// The changed node, once there is one.
  var node: Unmanaged<LiveNode>?
  var nameLength: UInt16 = 0
  var root: UInt8 = 0
  var kind: FileKind = .regular
  var device: UInt8 = 0
  var flags: Flags = []

  struct Flags: OptionSet {
    let rawValue: UInt8
    /// The place is taken.
    static let used = Flags(rawValue: 1)
    /// The identity leads here, through the hash table.
    static let hashed = Flags(rawValue: 2)
    /// The host's directory is watched: what the kernel caches of it is valid until told otherwise.
    static let watched = Flags(rawValue: 4)
    /// A descriptor of it may be in the cache.
    static let described = Flags(rawValue: 8)
    /// The view has no name for it any more, and the session nothing to say of it.
    static let removed = Flags(rawValue: 16)
    /// The host has made another file of it: the kernel knows that one by another place.
    static let edited = Flags(rawValue: 32)
    /// What the kernel believes of the size is not so: it is to forget the inode.
    static let doubted = Flags(rawValue: 64)
  }

  var liveNode: LiveNode? { node?.takeUnretainedValue() }
}

/// All inodes that the kernel knows, in flat memory that comes and goes by chunks and never moves.
///
/// Used under the tree's lock only.
struct InodeTable: ~Copyable {
  /// Some places side by side, given back to the system when none is taken.
  private struct Chunk {
    var base: UnsafeMutablePointer<Inode>?
    var used: UInt32 = 0
    /// The first free place within the chunk plus one; 0: none was given back.
    var free: UInt32 = 0
    /// Places from here on were never taken.
    var fresh: UInt32 = 0
    /// Whether `open` lists the chunk.
    var isListed = false
  }

  private static let chunkBits: UInt32 = 12
  private static let chunkSize: UInt32 = 1 << chunkBits
  private var chunks: [Chunk] = []
  /// Chunks with free places.
  private var open: [UInt32] = []
  private var buckets: UnsafeMutableBufferPointer<Slot>
  private var hashedCount = 0
  private(set) var count = 0
  /// How many places were given back since somebody asked.
  var releasedCount = 0
  /// Where hard links were met before, besides where they were met last.
  private var otherPaths: [Slot: Set<Path>] = [:]

  /// A name in a directory of the lower.
  private struct Path: Hashable {
    let parent: Slot
    let name: ByteString
  }

  init() {
    buckets = .allocate(capacity: 1024)
    buckets.initialize(repeating: 0)
    _ = allocate()  // Place 0 stands for "none".
  }

  /// The inode at a place that is taken, where it stays until it is released.
  subscript(slot: Slot) -> UnsafeMutablePointer<Inode> {
    chunks[Int(slot >> Self.chunkBits)].base.unsafelyUnwrapped
      + Int(slot & (Self.chunkSize - 1))
  }

  /// Whether the kernel may speak of this place.
  func isUsed(_ id: UInt64) -> Bool {
    let (chunk, place) = (
      Int(id >> UInt64(Self.chunkBits)), UInt32(id & UInt64(Self.chunkSize - 1))
    )
    guard chunk < chunks.count, let base = chunks[chunk].base, place < chunks[chunk].fresh else {
      return false
    }
    return base[Int(place)].flags.contains(.used)
  }

  /// A fresh place.
  mutating func allocate() -> Slot {
    count += 1
    if open.isEmpty { addChunk() }
    let number = Int(open[open.count - 1])
    var chunk = chunks[number]
    let base = chunk.base ?? .allocate(capacity: Int(Self.chunkSize))
    chunk.base = base
    let place: UInt32
    if chunk.free != 0 {
      place = chunk.free - 1
      chunk.free = base[Int(place)].next
      base[Int(place)] = Inode(flags: [.used])
    } else {
      place = chunk.fresh
      chunk.fresh += 1
      (base + Int(place)).initialize(to: Inode(flags: [.used]))
    }
    chunk.used += 1
    if chunk.used == Self.chunkSize {
      chunk.isListed = false
      open.removeLast()
    }
    chunks[number] = chunk
    return UInt32(number) << Self.chunkBits | place
  }

  private mutating func addChunk() {
    open.append(UInt32(chunks.count))
    chunks.append(Chunk(isListed: true))
  }

  /// Gives a place back; the caller has let go of what it pointed to.
  mutating func release(_ slot: Slot) {
    let inode = self[slot]
    unhash(slot)
    if !otherPaths.isEmpty { otherPaths[slot] = nil }
    inode.pointee.name?.deallocate()
    count -= 1
    releasedCount += 1
    let number = Int(slot >> Self.chunkBits)
    chunks[number].used -= 1
    if chunks[number].used == 0 {
      chunks[number].base?.deallocate()
      (chunks[number].base, chunks[number].free, chunks[number].fresh) = (nil, 0, 0)
    } else {
      inode.pointee = Inode(next: chunks[number].free)
      chunks[number].free = slot & (Self.chunkSize - 1) + 1
    }
    if !chunks[number].isListed {
      chunks[number].isListed = true
      open.append(UInt32(number))
    }
  }

  /// Says by which name in which lower directory an inode is reached; releases hold on the old one.
  mutating func setPath(_ slot: Slot, parent: Slot, name: UnsafeBufferPointer<UInt8>) {
    let inode = self[slot]
    if inode.pointee.parent == parent, Int(inode.pointee.nameLength) == name.count,
      let before = inode.pointee.name, memoryEqual(before, name)
    {
      return
    }
    if inode.pointee.kind != .directory, let before = path(of: slot) {
      otherPaths[slot, default: []].insert(before)
    }
    if inode.pointee.nameLength != name.count || inode.pointee.name == nil {
      inode.pointee.name?.deallocate()
      inode.pointee.name = .allocate(capacity: max(name.count, 1))
      inode.pointee.nameLength = UInt16(name.count)
    }
    if let start = name.baseAddress {
      inode.pointee.name?.update(from: start, count: name.count)
    }
    if inode.pointee.parent != parent {
      self[parent].pointee.holds += 1
      if inode.pointee.parent != 0 { self[inode.pointee.parent].pointee.holds -= 1 }
      inode.pointee.parent = parent
    }
  }

  private func path(of slot: Slot) -> Path? {
    let inode = self[slot]
    guard inode.pointee.parent != 0, let name = inode.pointee.name else { return nil }
    let bytes = UnsafeBufferPointer(start: name, count: Int(inode.pointee.nameLength))
    return Path(parent: inode.pointee.parent, name: ByteString(bytes))
  }

  /// Every name by which the lower's file at a place was met, in directories that are still known.
  func paths(of slot: Slot) -> [(Slot, ByteString)] {
    let met = [path(of: slot)].compactMap { $0 } + (otherPaths[slot] ?? [])
    return met.compactMap { path in
      let isKnown = isUsed(UInt64(path.parent)) && self[path.parent].pointee.kind == .directory
      return isKnown ? (path.parent, path.name) : nil
    }
  }

  private func memoryEqual(
    _ left: UnsafeMutablePointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    for index in right.indices where left[index] != right[index] { return false }
    return true
  }

  /// All places that a path of the lower leads to.
  func lowerSlots() -> [Slot] {
    (1..<(UInt32(chunks.count) << Self.chunkBits)).filter {
      isUsed(UInt64($0)) && self[$0].pointee.parent != 0
    }
  }

  deinit {
    for chunk in chunks { chunk.base?.deallocate() }
    buckets.deallocate()
  }
}

// By the lower's identity.
extension InodeTable {
  /// Files of one directory mostly have numbers that follow each other: sixteen of those share a
  /// line of the processor's cache.
  private func bucket(_ device: UInt8, _ inode: UInt64) -> Int {
    let mixed = ((inode >> 4) ^ (UInt64(device) << 56)) &* 0x9E37_79B9_7F4A_7C15
    return Int(((mixed >> 32) << 4) | (inode & 15)) & (buckets.count - 1)
  }

  /// The place of a lower inode, the newest one.
  func find(device: UInt8, inode: UInt64) -> Slot? {
    var slot = buckets[bucket(device, inode)]
    while slot != 0 {
      let known = self[slot]
      if known.pointee.lowerInode == inode, known.pointee.device == device { return slot }
      slot = known.pointee.next
    }
    return nil
  }

  /// Lets a lower inode's identity lead to a place.
  mutating func hash(_ slot: Slot, device: UInt8, inode: UInt64) {
    if hashedCount > buckets.count { grow() }
    let entry = self[slot]
    entry.pointee.lowerInode = inode
    entry.pointee.device = device
    let bucket = bucket(device, inode)
    entry.pointee.next = buckets[bucket]
    buckets[bucket] = slot
    entry.pointee.flags.insert(.hashed)
    hashedCount += 1
  }

  /// Ends that: a lookup of the same identity makes a new inode.
  mutating func unhash(_ slot: Slot) {
    let entry = self[slot]
    guard entry.pointee.flags.contains(.hashed) else { return }
    let bucket = bucket(entry.pointee.device, entry.pointee.lowerInode)
    if buckets[bucket] == slot {
      buckets[bucket] = entry.pointee.next
    } else {
      var before = buckets[bucket]
      while self[before].pointee.next != slot { before = self[before].pointee.next }
      self[before].pointee.next = entry.pointee.next
    }
    entry.pointee.flags.remove(.hashed)
    hashedCount -= 1
  }

  private mutating func grow() {
    let old = buckets
    buckets = .allocate(capacity: old.count * 2)
    buckets.initialize(repeating: 0)
    for first in old {
      var slot = first
      while slot != 0 {
        let entry = self[slot]
        let following = entry.pointee.next
        let bucket = bucket(entry.pointee.device, entry.pointee.lowerInode)
        entry.pointee.next = buckets[bucket]
        buckets[bucket] = slot
        slot = following
      }
    }
    old.deallocate()
  }
}
