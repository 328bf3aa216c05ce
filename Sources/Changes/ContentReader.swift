import Glibc
import Linux
import Store

/// Opens the bytes of either side of a change, wherever they are.
package final class ContentReader {
  package let reader: SessionReader
  package let lower: LowerTree
  /// The contents of the session that this one is compared with.
  private let other: ContentReader?
  /// What the objects were when they were opened first; nil: nobody wants to know.
  private(set) var opened: [ObjectID: FileStatus]?

  /// The contents of one session over one lower; with another's where two are compared.
  package init(reader: SessionReader, lower: LowerTree, other: ContentReader? = nil) {
    self.reader = reader
    self.lower = lower
    self.other = other
  }

  /// Remembers from now on what is opened, for `changed(in:)`.
  package func remember() { opened = opened ?? [:] }

  /// Where the bytes of a node are.
  static func content(of node: Node, from origin: ByteString?) -> Content {
    guard node.kind == .regular else { return .zeros }
    if let origin {
      if node.flags.contains(.lowerContent) { return .lower(origin) }
      if node.flags.contains(.partial), let object = node.object {
        return .partial(object, over: origin)
      }
    }
    return node.object.map { .object($0) } ?? .zeros
  }

  /// Opens a content of `size` bytes.
  package func open(_ content: Content, size: Int64) throws -> OpenContent {
    switch content {
    case .zeros: return OpenContent(size: size)
    case .bytes(let bytes): return OpenContent(bytes)
    case .lower(let path): return OpenContent(size: size, lower: OpenFile(try lower.open(path)))
    case .object(let id):
      return OpenContent(size: size, object: try object(id))
    case .partial(let id, let path):
      return OpenContent(
        size: size, object: try object(id), own: ExtentMap(try reader.extents(of: id)),
        lower: OpenFile(try lower.open(path)))
    case .elsewhere(let content):
      guard let other else { throw SystemError("open what another session has", nil, .invalid) }
      return try other.open(content, size: size)
    }
  }

  private func object(_ id: ObjectID) throws -> OpenFile {
    do {
      let file = try reader.openObject(id)
      if opened != nil, opened?[id] == nil { opened?[id] = try file.borrowed.status() }
      return OpenFile(file)
    } catch {
      throw SystemError("open the session's object", ByteString(id.fileName), error)
    }
  }

  /// All bytes of a content, which the caller knows to be few.
  package func bytes(_ content: Content, size: Int64) throws -> [UInt8] {
    if case .bytes(let bytes) = content { return bytes }
    let opened = try open(content, size: size)
    var bytes = [UInt8](repeating: 0, count: Int(size))
    let count = try bytes.withUnsafeMutableBytes { try opened.read(into: $0, at: 0) }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// Whether two contents of the same size hold the same bytes.
  package func areEqual(_ left: Content, _ right: Content, size: Int64) throws -> Bool {
    if left == right { return true }
    let (one, other) = (try open(left, size: size), try open(right, size: size))
    for range in try rangesApart(left, right) ?? [0..<size] {
      if try !OpenContent.areEqual(one, other, in: range.clamped(to: 0..<size)) { return false }
    }
    return true
  }

  /// Where alone two contents over the same file of the lower can differ; nil: anywhere.
  private func rangesApart(_ left: Content, _ right: Content) throws -> [Range<Int64>]? {
    switch (left, right) {
    case (.partial(let one, let path), .partial(let other, let same)) where path == same:
      try reader.extents(of: one) + reader.extents(of: other)
    case (.partial(let id, let path), .lower(let same)) where path == same,
      (.lower(let same), .partial(let id, let path)) where path == same:
      try reader.extents(of: id)
    default: nil
    }
  }

  /// The SHA-256 of a content.
  package func hash(_ content: Content, size: Int64) throws -> [UInt8] {
    var hash = SHA256()
    try open(content, size: size).forEachChunk { hash.update($0) }
    return hash.finish()
  }
}

/// The open bytes of a file: an object, the lower's, or one laid over the other.
package final class OpenContent {
  package let size: Int64
  private let object: OpenFile?
  private let own: ExtentMap?
  private let lower: OpenFile?
  private let memory: [UInt8]?

  /// A content on files; without any it reads as zeros.
  init(
    size: Int64, object: OpenFile? = nil, own: ExtentMap? = nil, lower: OpenFile? = nil
  ) {
    self.size = size
    self.object = object
    self.own = own
    self.lower = lower
    memory = nil
  }

  /// A content in memory.
  init(_ bytes: [UInt8]) {
    size = Int64(bytes.count)
    object = nil
    own = nil
    lower = nil
    memory = bytes
  }

  /// Reads until the buffer is full or the content ends.
  package func read(into room: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
    let end = min(offset + Int64(room.count), size)
    guard offset < end else { return 0 }
    let part = UnsafeMutableRawBufferPointer(rebasing: room[..<Int(end - offset)])
    if let memory {
      memory.withUnsafeBytes {
        part.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(offset)..<Int(end)]))
      }
    } else if let own {
      try readOverlaid(own, into: part, at: offset)
    } else {
      try Self.fill(part, from: object?.borrowed ?? lower?.borrowed, at: offset)
    }
    return part.count
  }

  private func readOverlaid(
    _ own: ExtentMap, into room: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws {
    var at = offset
    let end = offset + Int64(room.count)
    while at < end {
      let next = own.next(from: at)
      let isOwn = next?.contains(at) ?? false
      let until = min(end, (isOwn ? next?.upperBound : next?.lowerBound) ?? end)
      let part = UnsafeMutableRawBufferPointer(
        rebasing: room[Int(at - offset)..<Int(until - offset)])
      try Self.fill(part, from: isOwn ? object?.borrowed : lower?.borrowed, at: at)
      at = until
    }
  }

  /// Reads what there is, and zeros behind it.
  private static func fill(
    _ room: UnsafeMutableRawBufferPointer, from source: Descriptor?, at offset: Int64
  ) throws {
    let count = try attempt("read a file's content") { () throws(Errno) in
      try source?.readFully(into: room, at: offset) ?? 0
    }
    UnsafeMutableRawBufferPointer(rebasing: room[count...])
      .initializeMemory(as: UInt8.self, repeating: 0)
  }

  /// Calls `body` with the bytes, piece by piece.
  package func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let room = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Int(min(max(size, 1), 1 << 18)), alignment: 16)
    defer { room.deallocate() }
    var offset: Int64 = 0
    while offset < size {
      let count = try read(into: room, at: offset)
      try body(UnsafeRawBufferPointer(rebasing: room[..<count]))
      offset += Int64(count)
    }
  }

  /// Writes the content into an empty file, with holes where it has them.
  package func copy(to file: Descriptor) throws {
    try attempt("copy a file's content") { () throws(Errno) in
      if let memory {
        try file.write(memory)
      } else if let own, let object, let lower {
        try file.copyContent(from: lower.borrowed, size: size)
        try file.truncate(to: size)
        for range in own.ranges where range.lowerBound < size {
          let count = min(range.upperBound, size) - range.lowerBound
          try file.copyRange(from: object.borrowed, at: range.lowerBound, count: count)
        }
      } else if object != nil || lower != nil {
        // Only one of the two is there: see `open`.
        if let object { try file.copyContent(from: object.borrowed, size: size) }
        if let lower { try file.copyContent(from: lower.borrowed, size: size) }
      }
      try file.truncate(to: size)
    }
  }

  static func areEqual(_ left: OpenContent, _ right: OpenContent, in range: Range<Int64>) throws
    -> Bool
  {
    let half = 1 << 17
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: half * 2, alignment: 16)
    defer { room.deallocate() }
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = Int(min(Int64(half), range.upperBound - offset))
      let one = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
      let other = UnsafeMutableRawBufferPointer(rebasing: room[half..<(half + count)])
      let (first, second) = (
        try left.read(into: one, at: offset), try right.read(into: other, at: offset)
      )
      guard first == second, first > 0 else { return first == second }
      guard let start = one.baseAddress, let rest = other.baseAddress else { return true }
      if memcmp(start, rest, first) != 0 { return false }
      offset += Int64(first)
    }
    return true
  }
}
