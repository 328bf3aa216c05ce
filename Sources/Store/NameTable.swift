import Linux

/// The names of one directory: a hash table that is asked with borrowed bytes, in order of arrival.
struct NameTable {
  /// One name, and what it stands for.
  struct Item {
    let name: ByteString
    let hash: UInt32
    /// nil: a whiteout.
    var node: LiveNode?
    var isRemoved = false
  }

  private(set) var items: [Item] = []
  /// Positions in `items` plus one; 0 is free.
  ///
  /// A removed item keeps its place until `rebuild`.
  private var buckets: [UInt32] = []
  private(set) var count = 0

  /// The position of a name.
  func find(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
    guard count > 0 else { return nil }
    let hash = Self.hash(name)
    let mask = buckets.count - 1
    var bucket = Int(hash) & mask
    while buckets[bucket] != 0 {
      let index = Int(buckets[bucket]) - 1
      if items[index].hash == hash, !items[index].isRemoved, Self.equal(items[index].name, name) {
        return index
      }
      bucket = (bucket + 1) & mask
    }
    return nil
  }

  /// Sets what a name stands for.
  mutating func set(_ name: UnsafeBufferPointer<UInt8>, to node: LiveNode?) {
    if let index = find(name) {
      items[index].node = node
      return
    }
    if (items.count + 1) * 4 > buckets.count * 3 { rebuild() }
    items.append(Item(name: ByteString(name), hash: Self.hash(name), node: node))
    count += 1
    place(items.count - 1)
  }

  /// Forgets a name; true when it was there.
  mutating func remove(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let index = find(name) else { return false }
    items[index].isRemoved = true
    items[index].node = nil
    count -= 1
    return true
  }

  private mutating func place(_ index: Int) {
    let mask = buckets.count - 1
    var bucket = Int(items[index].hash) & mask
    while buckets[bucket] != 0 { bucket = (bucket + 1) & mask }
    buckets[bucket] = UInt32(index + 1)
  }

  private mutating func rebuild() {
    items.removeAll { $0.isRemoved }
    var size = 8
    while size * 3 < (items.count + 1) * 6 { size *= 2 }
    buckets = [UInt32](repeating: 0, count: size)
    for index in items.indices { place(index) }
  }

  private static func equal(_ name: ByteString, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
    name.count == other.count && name.bytes.elementsEqual(other)
  }

  /// FNV-1a.
  private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var hash: UInt32 = 0x811c_9dc5
    for byte in name { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    return hash
  }
}
