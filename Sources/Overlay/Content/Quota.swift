import Glibc
import Linux
import Store

// What the session may hold. Bytes are counted as the store's file system allocates them, for the
// objects of every step: holes are free, and what an earlier step still shows is not.
extension FileSystem {
  /// Whether somebody asks what the content takes.
  var countsContent: Bool { options.maximumSize != nil || store.limitsMemory }

  /// Refuses bytes that would take the session over its size; what is overwritten in place is free.
  func admitBytes(_ slot: Slot, _ range: Range<Int64>) throws(Errno) {
    if let most = options.maximumFileSize, range.upperBound > most { throw .fileTooBig }
    guard let most = options.maximumSize, !range.isEmpty else { return }
    let room = most - tree.lock.with { tree.byteCount }
    let whole = range.expanded(to: Self.blockSize)
    if whole.upperBound - whole.lowerBound <= room { return }
    if try missingBytes(slot, whole) > room { throw .noSpace }
  }

  /// Refuses to copy a file that would take the session over its size.
  func admitCopy(of source: Descriptor, _ size: Int64) throws(Errno) {
    guard let most = options.maximumSize else { return }
    let bytes = try min(
      source.status().allocated, (0..<size).expanded(to: Self.blockSize).upperBound)
    if bytes > most - tree.lock.with({ tree.byteCount }) { throw .noSpace }
  }

  /// Refuses a new file when the session may hold no more.
  func admitFile() throws(Errno) {
    guard let most = options.maximumFiles else { return }
    if tree.lock.with({ tree.nodes.count - lowers.count >= most }) { throw .noSpace }
  }

  /// Refuses a place to become a file of the session when that may hold no more.
  func admitFile(_ slot: Slot) throws(Errno) {
    guard options.maximumFiles != nil else { return }
    if tree.lock.with({ inodes[slot].pointee.node == nil }) { try admitFile() }
  }

  /// How many bytes of a range the object of a place has no blocks for.
  private func missingBytes(_ slot: Slot, _ range: Range<Int64>) throws(Errno) -> Int64 {
    var missing = range.upperBound - range.lowerBound
    switch source(of: slot) {
    case .lower, .nothing: return missing
    case .object, .partial: break
    }
    let object = try openContent(slot)
    var at = range.lowerBound
    while at < range.upperBound,
      let data = try object.descriptor.dataExtent(from: at, limit: range.upperBound)
    {
      missing -= data.upperBound - data.lowerBound
      at = data.upperBound
    }
    return missing
  }

  /// Counts what the object of a node takes now.
  ///
  /// Blocks that a reflink shares with another file are free until they are written: `unshared`
  /// bytes were, or may have been. The caller has the content lock.
  func charge(_ node: LiveNode, unshared: Int64) {
    guard countsContent else { return }
    let row = tree.lock.with { node.row }
    // What can't be asked stays as it was counted; the next change asks again.
    guard let object = row.object, let status = try? store.files.objectStatus(object) else {
      return
    }
    tree.lock.lock()
    defer { tree.lock.unlock() }
    node.sharedBytes = max(0, min(node.sharedBytes - unshared, status.allocated))
    tree.charge(node, status.allocated - node.sharedBytes)
  }
}

extension Range<Int64> {
  /// The whole blocks that the range begins and ends in, as far as there are numbers.
  ///
  /// The kernel lets a file of the view end anywhere below 2^63.
  func expanded(to block: Int64) -> Range<Int64> {
    let rest = upperBound % block
    let (end, overflows) = upperBound.addingReportingOverflow(rest == 0 ? 0 : block - rest)
    return lowerBound / block * block..<(overflows ? .max : end)
  }
}
