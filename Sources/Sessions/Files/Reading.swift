import Linux

/// The requests that look at files of the view.
enum Reading {
  /// The most that one answer carries; who wants more asks again behind it.
  static let largestPart: Int64 = 8 << 20

  static func read(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let path = try params.path()
    let offset = try params.number("offset", default: 0, in: 0...Int64.max / 2)
    let length = try params.number("length", default: 1 << 20, in: 0...largestPart)
    let file = try open(path)
    let status = try self.status(of: file.borrowed, path)
    let count = min(length, max(0, status.size - offset))
    var bytes = [UInt8](repeating: 0, count: Int(count))
    let got = try onFile("read", path) { () throws(Errno) in
      try bytes.withUnsafeMutableBufferPointer { room throws(Errno) in
        try file.borrowed.readFully(into: UnsafeMutableRawBufferPointer(room), at: offset)
      }
    }
    bytes.removeLast(bytes.count - got)
    return [
      "data": JSON(content: bytes), "offset": .int(offset), "size": .int(status.size),
      "end": .bool(offset + Int64(got) >= status.size),
      "modified": .int(status.modified.nanoseconds),
    ]
  }

  /// Opens a regular file; a FIFO must not make everybody wait.
  static func open(_ path: ByteString) throws(ProtocolError) -> OwnedDescriptor {
    let file = try onFile("read", path) { () throws(Errno) in
      try Descriptor.currentDirectory.open(path, [.readOnly, .nonBlocking])
    }
    let status = try self.status(of: file.borrowed, path)
    try onFile("read", path, hint: { _ in "'list' shows a directory" }) { () throws(Errno) in
      if status.kind == .directory { throw .isDirectory }
    }
    try onFile("read", path, hint: { _ in "it is no regular file" }) { () throws(Errno) in
      if status.kind != .regular { throw .invalid }
    }
    return file
  }

  private static func status(of file: Descriptor, _ path: ByteString) throws(ProtocolError)
    -> FileStatus
  {
    try onFile("read", path) { () throws(Errno) in try file.status() }
  }

  static func stat(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let path = try params.path()
    let follows = try params.flag("follow", default: true)
    let status = try onFile("look at", path) { () throws(Errno) in
      if !follows { return try Descriptor.currentDirectory.status(of: path) }
      let file = try Descriptor.currentDirectory.open(path, [.path])
      return try file.borrowed.status()
    }
    return .object(try facts(status, Descriptor.currentDirectory, path))
  }

  /// What is told of a file, by its status; a symlink's target too.
  private static func facts(_ status: FileStatus, _ directory: Descriptor, _ name: ByteString)
    throws(ProtocolError) -> [JSON.Member]
  {
    var members = [
      JSON.Member("kind", .string(word(for: status.kind))),
      JSON.Member("size", .int(status.size)),
      JSON.Member("permissions", .int(Int64(status.permissions))),
      JSON.Member("owner", .int(Int64(status.owner))),
      JSON.Member("group", .int(Int64(status.group))),
      JSON.Member("modified", .int(status.modified.nanoseconds)),
      JSON.Member("inode", .int(Int64(bitPattern: status.inode))),
      JSON.Member("links", .int(Int64(clamping: status.linkCount))),
    ]
    if status.kind == .symlink {
      let target = try onFile("read", name) { () throws(Errno) in
        try directory.symlinkTarget(name)
      }
      members.append(JSON.Member("target", JSON(target)))
    }
    return members
  }

  static func word(for kind: FileKind) -> String {
    switch kind {
    case .regular: "file"
    case .directory: "directory"
    case .symlink: "symlink"
    case .fifo: "fifo"
    case .socket: "socket"
    case .characterDevice, .blockDevice: "device"
    }
  }

  static func list(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let path = try params.path("path", default: ".")
    let offset = Int(try params.number("offset", default: 0, in: 0...Int64(Int32.max)))
    let limit = Int(try params.number("limit", default: 1000, in: 1...10_000))
    let directory = try onFile("list", path) { () throws(Errno) in
      try Descriptor.currentDirectory.open(path, [.directory])
    }
    let names = try onFile("list", path) { () throws(Errno) in try directory.borrowed.entryNames() }
    var entries: [JSON] = []
    for name in names.dropFirst(offset).prefix(limit) {
      // What went since it was listed is not there any more.
      guard let status = try? directory.borrowed.status(of: name) else { continue }
      entries.append(
        .object([JSON.Member("name", JSON(name))] + (try facts(status, directory.borrowed, name))))
    }
    let isWhole = offset + limit >= names.count
    return [
      "entries": .array(entries), "total": .int(Int64(names.count)),
      "next": isWhole ? .null : .int(Int64(offset + limit)),
    ]
  }
}

// Text by lines.
extension Reading {
  static func lines(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let path = try params.path()
    let first = try params.number("first", default: 1, in: 1...Int64(Int32.max))
    let count = try params.number("count", default: 2000, in: 1...1_000_000)
    let limit = try params.number("limit", default: 1 << 18, in: 1...largestPart)
    let file = try open(path)
    let status = try self.status(of: file.borrowed, path)
    var page = LinePage(first: Int(first), count: Int(count), limit: Int(limit))
    var offset: Int64 = 0
    var part = [UInt8](repeating: 0, count: 1 << 18)
    while !page.isFull {
      let got = try onFile("read", path) { () throws(Errno) in
        try part.withUnsafeMutableBufferPointer { room throws(Errno) in
          try file.borrowed.readFully(into: UnsafeMutableRawBufferPointer(room), at: offset)
        }
      }
      if got == 0 { break }
      part.withUnsafeBytes { page.add(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
      offset += Int64(got)
    }
    let bytes = page.finish()
    return [
      "data": JSON(content: bytes), "first": .int(first), "count": .int(Int64(page.taken)),
      "next": page.isFull && !page.isAtEnd(of: status.size)
        ? .int(first + Int64(page.taken)) : .null,
      "size": .int(status.size), "cut": .bool(page.isCut),
    ]
  }
}

/// Whole lines of a file, from one on, as many as fit.
private struct LinePage {
  private let first: Int
  private let count: Int
  private let limit: Int
  /// The number of the line that the next byte belongs to.
  private var line = 1
  private var bytes: [UInt8] = []
  private var read: Int64 = 0
  private(set) var taken = 0
  private(set) var isFull = false
  /// Whether the only line that was asked for is longer than what fits.
  private(set) var isCut = false
  private var endOfTaken: Int64 = 0

  init(first: Int, count: Int, limit: Int) {
    (self.first, self.count, self.limit) = (first, count, limit)
  }

  mutating func add(_ part: UnsafeRawBufferPointer) {
    var at = 0
    while at < part.count, !isFull {
      let end = part.firstPlace(of: UInt8(ascii: "\n"), from: at)
      let piece = part[at..<(end.map { $0 + 1 } ?? part.count)]
      if line >= first { take(piece, endsLine: end != nil) }
      read += Int64(piece.count)
      at = piece.endIndex
      if end != nil, !isFull { line += 1 }
    }
  }

  private mutating func take(_ piece: Slice<UnsafeRawBufferPointer>, endsLine: Bool) {
    if bytes.count + piece.count > limit {
      isFull = true
      if taken == 0 {
        isCut = true
        bytes += piece.prefix(limit - bytes.count)
        taken = 1
        whole = bytes.count
      }
      return
    }
    bytes += piece
    guard endsLine else { return }
    taken += 1
    whole = bytes.count
    endOfTaken = read + Int64(piece.count)
    if taken == count { isFull = true }
  }

  /// How many of the bytes are whole lines.
  private var whole = 0

  func isAtEnd(of size: Int64) -> Bool { !isCut && endOfTaken >= size }

  /// The bytes of the page; a last line without an end is one, too.
  mutating func finish() -> [UInt8] {
    if !isFull, bytes.count > whole {
      taken += 1
      whole = bytes.count
    }
    return Array(bytes[..<whole])
  }
}
