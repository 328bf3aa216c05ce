import CFuse
import Glibc
import Linux
import Store

extension FileSystem {
  /// Files up to this size are copied whole at the first write; of larger ones only what is
  /// touched, unless the file system can share their blocks.
  static let wholeCopyLimit: Int64 = 4 << 20
  /// What is copied around a write to a partial object.
  static let blockSize: Int64 = 4096

  /// The node of a place with an object that may be written in this step.
  ///
  /// The object holds all that the blocks around `range` held before. The caller has the content
  /// lock.
  func writable(_ slot: Slot, touching range: Range<Int64>) throws(Errno) -> LiveNode {
    if let node = tree.lock.with({ ready(slot) }) {
      try completeBlocks(slot, node, around: range)
      return node
    }
    let node = try changedNode(slot)
    guard node.row.kind == .regular else { throw .invalid }
    try makeObject(slot, node)
    try completeBlocks(slot, node, around: range)
    return node
  }

  /// The node of a place whose object is this step's own, under the tree's lock.
  private func ready(_ slot: Slot) -> LiveNode? {
    guard let node = inodes[slot].pointee.liveNode, node.row.object != nil,
      node.row.objectStep == tree.step, !node.row.flags.contains(.lowerAttributes)
    else { return nil }
    return node
  }

  /// Gives a node an object of this step: a copy of its content, or a partial one.
  private func makeObject(_ slot: Slot, _ node: LiveNode) throws(Errno) {
    let (row, step) = tree.lock.with { (node.row, tree.step) }
    if row.object != nil && row.objectStep == step { return }
    let made = try relieved { () throws(Errno) in try store.newObject() }
    let filling: Filling
    do throws(Errno) {
      filling = try fill(made.file.borrowed, slot, node, row)
      if filling == .copied { try store.requireReserve() }
    } catch {
      // Half a copy must not keep the space that it could not get enough of.
      store.giveBack(made.id)
      throw error
    }
    tree.lock.lock()
    tree.releaseObject(of: node)
    inodes[slot].pointee.flags.insert(.described)
    node.row.object = made.id
    node.hasTail = false
    node.row.objectStep = tree.step
    node.row.flags.remove(.lowerContent)
    if filling == .left {
      node.row.flags.insert(.partial)
      node.lowerSize = row.size
    }
    if filling == .shared { node.sharedBytes = .max }
    tree.touchExtents(node)
    tree.lock.unlock()
    dropContent(of: slot)
    contents.keep(made.takeFile(), as: ContentPurpose.write.key(slot))
    charge(node, unshared: 0)
  }

  /// How an object came to its content.
  private enum Filling {
    /// By a reflink: its blocks are another file's until they are written.
    case shared
    case copied
    /// It was left empty, to be filled by blocks.
    case left
  }

  private func fill(_ object: Descriptor, _ slot: Slot, _ node: LiveNode, _ row: Node)
    throws(Errno) -> Filling
  {
    if let before = row.object {
      let old = try relieved { () throws(Errno) in try store.files.openObject(before) }
      do throws(Errno) {
        try object.clone(from: old.borrowed)
        return .shared
      } catch {
        // No reflink in the store.
      }
      try admitCopy(of: old.borrowed, row.size)
      try store.copy(old.borrowed, to: object, size: row.size)
    } else if row.flags.contains(.lowerContent) {
      return try copyLower(slot, node, to: object, row.size)
    } else if row.size > 0 {
      try object.truncate(to: row.size)
    }
    return .copied
  }

  private func copyLower(
    _ slot: Slot, _ node: LiveNode, to object: Descriptor, _ size: Int64
  ) throws(Errno) -> Filling {
    // Often it is open: who appends to a file has read its end.
    let lower = try openContent(slot)
    let status = try lower.descriptor.status()
    try requireUnedited(slot, status, size: size)
    if try share(lower.descriptor, of: node, with: object) {
      _ = try keepBase(of: node, at: slot, from: lower.descriptor)
      return .shared
    }
    // No reflink between these two: small files are copied, large ones block by block. What has
    // drifted from its pin is copied whole, for nothing else could tell that it drifts once more.
    if size > Self.wholeCopyLimit, !hasDrifted(node, status) {
      try object.truncate(to: size)
      return .left
    }
    try admitCopy(of: lower.descriptor, size)
    if let bytes = try keepBase(of: node, at: slot, from: lower.descriptor), bytes.count == size {
      try bytes.withUnsafeBufferPointer { bytes throws(Errno) in
        try object.write(UnsafeRawBufferPointer(bytes), at: 0)
      }
    } else {
      try store.copy(lower.descriptor, to: object, size: size)
    }
    return .copied
  }

  /// Lets an object share the blocks of a lower's file; false where the two file systems can't.
  private func share(_ lower: Descriptor, of node: LiveNode, with object: Descriptor)
    throws(Errno) -> Bool
  {
    let row = tree.lock.with { node.row }
    let root = lowers.first { $0.root.id == row.root && $0.device == row.originDevice }
    if let root, !root.sharesBlocks.load(ordering: .relaxed) { return false }
    do throws(Errno) {
      try object.clone(from: lower)
      return true
    } catch .notSupported, .crossDevice {
      // Nor will the next file there.
      root?.sharesBlocks.store(false, ordering: .relaxed)
      return false
    } catch {
      // This one file can't be shared; others may.
      return false
    }
  }

  /// Keeps the lower's content and its hash beside the pin, while it is small.
  func pinContent(_ node: LiveNode, at slot: Slot) throws(Errno) {
    let lower = try openLowerContent(slot)
    _ = try keepBase(of: node, at: slot, from: lower.borrowed)
  }

  /// The same for a name whose file is replaced by another, which then has what it is merged with.
  func pinContent(_ name: Name, in parent: Slot) {
    let key = tree.lock.with { () -> PinKey? in
      let root = lowers[Int(inodes[parent].pointee.root)].root.id
      return lowerPath(of: parent).map {
        PinKey(root: root, path: $0.appending(ByteString(name.bytes)))
      }
    }
    guard let key, let pin = tree.lock.with({ tree.pin(key) }), pin.wantsBase else { return }
    do throws(Errno) {
      let directory = try lowerDirectory(parent)
      let lower = try relieved { () throws(Errno) in
        try directory.descriptor.open(beneath: ByteString(name.bytes), [.noFollow, .nonBlocking])
      }
      _ = try keepBase(of: pin, from: lower.borrowed)
    } catch {
      // Without its content a conflict is told and can't be merged: no reason to refuse the change.
    }
  }

  /// Keeps the lower's content beside the pin; answers it where it is whole and without holes.
  private func keepBase(of node: LiveNode, at slot: Slot, from lower: Descriptor) throws(Errno)
    -> [UInt8]?
  {
    try pin(node, at: slot)
    let row = tree.lock.with { node.row }
    guard let origin = row.origin,
      let pin = tree.lock.with({ tree.pin(PinKey(root: row.root, path: origin)) }), pin.wantsBase
    else { return nil }
    return try keepBase(of: pin, from: lower)
  }

  private func keepBase(of pin: Pin, from lower: Descriptor) throws(Errno) -> [UInt8]? {
    let status = try lower.status()
    // A host's edit since the pin was made: its content is not what the pin speaks of.
    guard status.kind == .regular, status.changed == pin.changed, status.size == pin.size else {
      return nil
    }
    let bytes = try lower.readAll(limit: Int(pin.keptByteCount))
    tree.lock.with { tree.setBase(pin, bytes) }
    return status.allocated < bytes.count ? nil : bytes
  }

  /// Copies from the lower what a partial object lacks of the blocks that a range begins and ends
  /// in, so that what is its own is whole blocks.
  private func completeBlocks(_ slot: Slot, _ node: LiveNode, around range: Range<Int64>)
    throws(Errno)
  {
    let (isPartial, limit, extents) = tree.lock.with {
      (node.row.flags.contains(.partial), node.lowerSize, node.extents)
    }
    guard isPartial else { return }
    let whole = range.expanded(to: Self.blockSize)
    for gap in [whole.lowerBound..<range.lowerBound, range.upperBound..<whole.upperBound] {
      let wanted = gap.clamped(to: 0..<max(limit, 0))
      guard !wanted.isEmpty,
        extents.next(from: wanted.lowerBound).map({
          !$0.contains(wanted.lowerBound) || $0.upperBound < wanted.upperBound
        }) ?? true
      else { continue }
      try copyMissing(slot, node, wanted, extents)
    }
  }

  private func copyMissing(
    _ slot: Slot, _ node: LiveNode, _ wanted: Range<Int64>, _ extents: ExtentMap
  ) throws(Errno) {
    let lower = try lowerContent(slot)
    let object = try openForWriting(slot)
    var at = wanted.lowerBound
    while at < wanted.upperBound {
      let own = extents.next(from: at)
      if let own, own.contains(at) {
        at = own.upperBound
        continue
      }
      let until = min(wanted.upperBound, own?.lowerBound ?? wanted.upperBound)
      try object.descriptor.copyRange(from: lower.descriptor, at: at, count: until - at)
      at = until
    }
    tree.lock.lock()
    node.extents.insert(wanted)
    tree.touchExtents(node)
    tree.lock.unlock()
  }

  /// The node of a place with an object that holds all of its content.
  func wholeObject(_ slot: Slot) throws(Errno) -> LiveNode {
    let node = try writable(slot, touching: 0..<0)
    let (isPartial, limit, extents) = tree.lock.with {
      (node.row.flags.contains(.partial), node.lowerSize, node.extents)
    }
    guard isPartial else { return node }
    if limit > 0 { try copyMissing(slot, node, 0..<limit, extents) }
    tree.lock.lock()
    node.row.flags.remove(.partial)
    node.extents = ExtentMap()
    tree.touchExtents(node)
    tree.lock.unlock()
    return node
  }
}

extension Pin {
  /// Whether a merge would want the content, and it is not kept yet.
  fileprivate var wantsBase: Bool {
    base == nil && kind == .regular && size <= keptByteCount
  }
}
