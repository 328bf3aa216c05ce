import Linux
import Store

/// Reads the bytes of the files that a session shows.
final class ViewContents {
  private let reader: SessionReader
  private let lower: LowerFiles
  private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)

  init(reader: SessionReader, lower: LowerFiles) {
    self.reader = reader
    self.lower = lower
  }

  deinit { room.deallocate() }

  /// Calls `body` with exactly `item.size` bytes, piece by piece.
  func forEachChunk(of item: ViewItem, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch item.content {
    case .zeros:
      try read(nil, 0..<item.size, body)
    case .object(let id):
      let object = try open(id)
      try read(object.borrowed, 0..<item.size, body)
    case .lower(let path):
      let file = try lower.open(path)
      try read(file.borrowed, 0..<item.size, body)
    case .partial(let id, let path):
      let object = try open(id)
      let under = try lower.open(path)
      var at: Int64 = 0
      for own in ExtentMap(try reader.extents(of: id)).ranges where own.lowerBound < item.size {
        try read(under.borrowed, at..<own.lowerBound, body)
        at = min(own.upperBound, item.size)
        try read(object.borrowed, own.lowerBound..<at, body)
      }
      try read(under.borrowed, at..<item.size, body)
    }
  }

  /// All bytes of a file that the caller knows to be small.
  func bytes(of item: ViewItem) throws -> [UInt8] {
    var found: [UInt8] = []
    found.reserveCapacity(Int(item.size))
    try forEachChunk(of: item) { found += $0 }
    return found
  }

  private func open(_ id: ObjectID) throws -> OwnedDescriptor {
    try attempt("open the session's object", ByteString(id.fileName)) { () throws(Errno) in
      try reader.openObject(id)
    }
  }

  /// Reads a range; what is behind the end of the file reads as zeros.
  private func read(
    _ file: Descriptor?, _ range: Range<Int64>, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var offset = range.lowerBound
    while offset < range.upperBound {
      let wanted = Int(min(Int64(room.count), range.upperBound - offset))
      let part = UnsafeMutableRawBufferPointer(rebasing: room[..<wanted])
      let count = try attempt("read a file's content") { () throws(Errno) in
        try file?.readFully(into: part, at: offset) ?? 0
      }
      UnsafeMutableRawBufferPointer(rebasing: part[count...])
        .initializeMemory(as: UInt8.self, repeating: 0)
      try body(UnsafeRawBufferPointer(part))
      offset += Int64(wanted)
    }
  }
}
