import Linux

// An archive ends with one more page, which SQLite does not look at: the SHA-256 of all before it,
// and zeros. So every byte of the file is accounted for, those that no row uses as well.
extension Descriptor {
  private static var pageSize: Int64 { 4096 }

  /// Adds the page to a file that is complete.
  func seal() throws(Errno) {
    let size = try status().size
    let page = try digest(of: size) + [UInt8](repeating: 0, count: Int(Self.pageSize) - 32)
    try page.withUnsafeBufferPointer { page throws(Errno) in
      try write(UnsafeRawBufferPointer(page), at: size)
    }
  }

  /// Whether the last page is right.
  func isSealed() throws(Errno) -> Bool {
    let size = try status().size - Self.pageSize
    guard size >= Self.pageSize, size % Self.pageSize == 0 else { return false }
    var page = [UInt8](repeating: 0, count: Int(Self.pageSize))
    let count = try page.withUnsafeMutableBufferPointer { page throws(Errno) in
      try readFully(into: UnsafeMutableRawBufferPointer(page), at: size)
    }
    guard count == page.count, page[32...].allSatisfy({ $0 == 0 }) else { return false }
    return try digest(of: size) == Array(page.prefix(32))
  }

  private func digest(of size: Int64) throws(Errno) -> [UInt8] {
    var hash = SHA256()
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { room.deallocate() }
    var offset: Int64 = 0
    while offset < size {
      let wanted = Int(min(Int64(room.count), size - offset))
      let count = try readFully(
        into: UnsafeMutableRawBufferPointer(rebasing: room[..<wanted]), at: offset)
      guard count == wanted else { throw .io }
      hash.update(UnsafeRawBufferPointer(rebasing: room[..<count]))
      offset += Int64(count)
    }
    return hash.finish()
  }
}
