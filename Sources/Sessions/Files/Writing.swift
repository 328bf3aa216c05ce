import Glibc
import Linux

/// The requests that change what a file of the view holds.
enum Writing {
  static func write(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let path = try params.path()
    let data = try params.content("data")
    let mode = try params.choice("mode", of: ["replace", "append", "create", "patch"])
    let permissions = try params.number("permissions", default: 0o666, in: 0...0o777)
    let offset = try params.number("offset", default: 0, in: 0...Int64.max / 2)
    let isDurable = try params.flag("durable")
    if try params.flag("parents"), !path.parent.isEmpty { try Naming.makeAll(path.parent) }
    var flags: OpenFlags = [.writeOnly, .create, .nonBlocking]
    switch mode {
    case "append": flags.insert(.append)
    case "create": flags.insert(.exclusive)
    case "replace": flags.insert(.truncate)
    default: break
    }
    let size = try onFile("write", path) { () throws(Errno) in
      let file = try Descriptor.currentDirectory.open(path, flags, mode: mode_t(permissions))
      // A FIFO or a device would not be a change of the session.
      guard try file.borrowed.status().kind == .regular else { throw .invalid }
      try put(data, into: file.borrowed, at: mode == "patch" ? offset : nil)
      if isDurable { try file.borrowed.synchronize() }
      let size = try file.borrowed.status().size
      // The kernel tells only now what a full disk or a quota refused.
      try file.close()
      return size
    }
    return ["size": .int(size)]
  }

  private static func put(_ data: [UInt8], into file: Descriptor, at offset: Int64?) throws(Errno) {
    guard let offset else { return try file.write(data) }
    try data.withUnsafeBufferPointer { bytes throws(Errno) in
      try file.write(UnsafeRawBufferPointer(bytes), at: offset)
    }
  }

  /// The largest file that `edit` takes.
  private static let largestEdited = 64 << 20

  static func edit(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let path = try params.path()
    let edits = try params.list("edits")
    let file = try Reading.open(path)
    var bytes = try onFile("edit", path) { () throws(Errno) in
      try file.borrowed.readAll(limit: largestEdited)
    }
    var replacements = 0
    for edit in edits {
      let (old, new) = (try edit.content("old"), try edit.content("new"))
      let all = try edit.flag("all")
      let places = find(old, in: bytes)
      try check(places, all: all, path)
      bytes = replacing(places, old.count, with: new, in: bytes)
      replacements += places.count
    }
    let edited = bytes
    let size = try onFile("edit", path) { () throws(Errno) in
      let file = try Descriptor.currentDirectory.open(path, [.writeOnly, .truncate])
      try file.borrowed.write(edited)
      try file.close()
      return edited.count
    }
    return ["replacements": .int(Int64(replacements)), "size": .int(Int64(size))]
  }

  private static func check(_ places: [Int], all: Bool, _ path: ByteString) throws(ProtocolError) {
    if places.isEmpty {
      throw ProtocolError(
        .wrongParams, "'\(path.printable)' does not hold the old text",
        hint: "read the file again; every space and line end counts; nothing was changed")
    }
    if places.count > 1, !all {
      throw ProtocolError(
        .wrongParams, "'\(path.printable)' holds the old text \(places.count) times",
        hint: "give more of the lines around it, or 'all': true; nothing was changed")
    }
  }

  private static func find(_ old: [UInt8], in bytes: [UInt8]) -> [Int] {
    guard !old.isEmpty else { return bytes.isEmpty ? [0] : [] }
    return old.withUnsafeBytes { old in
      bytes.withUnsafeBytes { bytes in
        var (places, at): ([Int], Int) = ([], 0)
        while let place = bytes.firstPlace(of: old, from: at) {
          places.append(place)
          at = place + old.count
        }
        return places
      }
    }
  }

  private static func replacing(
    _ places: [Int], _ count: Int, with new: [UInt8], in bytes: [UInt8]
  ) -> [UInt8] {
    var (edited, at): ([UInt8], Int) = ([], 0)
    for place in places {
      edited += bytes[at..<place]
      edited += new
      at = place + count
    }
    return edited + bytes[at...]
  }
}
