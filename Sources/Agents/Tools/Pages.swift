import Linux

/// Long answers, kept for a while so that an agent can read on where a page ended.
final class Pages {
  private var texts: [(number: Int, bytes: [UInt8])] = []
  private var nextNumber = 1

  /// What one page shows at most.
  static let size = 32 << 10
  /// What all kept answers hold together at most.
  private static let most = 64 << 20

  /// The first page, and the cursor of the next one.
  func first(of bytes: [UInt8]) -> (page: String, cursor: String?) {
    if bytes.count <= Self.size { return (String(decoding: bytes, as: UTF8.self), nil) }
    let number = nextNumber
    nextNumber += 1
    texts.append((number, bytes))
    var held = texts.reduce(0) { $0 + $1.bytes.count }
    while held > Self.most, texts.count > 1 { held -= texts.removeFirst().bytes.count }
    return page(of: bytes, number, from: 0)
  }

  /// The page at a cursor, and the cursor of the next one; nil where it is none any more.
  func page(at cursor: String) -> (page: String, cursor: String?)? {
    let parts = cursor.split(separator: ":")
    guard parts.count == 2, let number = Int(parts[0]), let offset = Int(parts[1]),
      let bytes = texts.first(where: { $0.number == number })?.bytes,
      bytes.indices.contains(offset)
    else { return nil }
    return page(of: bytes, number, from: offset)
  }

  private func page(of bytes: [UInt8], _ number: Int, from offset: Int) -> (String, String?) {
    let end = Self.end(of: bytes, from: offset)
    let text = String(decoding: bytes[offset..<end], as: UTF8.self)
    if end == bytes.count { return (text, nil) }
    let cursor = "\(number):\(end)"
    let note =
      "\n[\(bytes.count - end) more bytes; the tool 'more' with cursor \"\(cursor)\" shows them]"
    return (text + note, cursor)
  }

  /// A page ends with a line where one ends in its last half, and never inside a character.
  private static func end(of bytes: [UInt8], from offset: Int) -> Int {
    var end = min(bytes.count, offset + size)
    if end == bytes.count { return end }
    if let line = bytes[(offset + size / 2)..<end].lastIndex(of: UInt8(ascii: "\n")) {
      return line + 1
    }
    while end > offset + 1, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }
}
