import Linux

/// A key that was pressed.
enum Key: Equatable {
  case character(Character)
  case up, down, left, right, pageUp, pageDown, home, end
  case enter, tab, escape, backspace, interrupt
  case other
}

/// Keys as a terminal sends them.
struct KeyInput {
  private let terminal: Descriptor
  private var pending: [UInt8] = []

  init(_ terminal: Descriptor) { self.terminal = terminal }

  /// The next key; nil: none came for a while, nobody is left to press one: an interrupt.
  mutating func next(milliseconds: Int32) throws -> Key? {
    if pending.isEmpty, try !read(milliseconds: milliseconds) { return nil }
    guard !pending.isEmpty else { return .interrupt }
    return try decode()
  }

  /// Whether something came.
  private mutating func read(milliseconds: Int32) throws -> Bool {
    try attempt("read the keyboard") { () throws(Errno) in
      var set = PollSet()
      set.add(terminal)
      guard try set.wait(milliseconds: milliseconds) else { return false }
      pending += try terminal.read(byteCount: 256)
      return true
    }
  }

  private mutating func decode() throws -> Key {
    let byte = pending.removeFirst()
    switch byte {
    case 0x1B: return try sequence()
    case 0x0D, 0x0A: return .enter
    case 0x09: return .tab
    case 0x7F, 0x08: return .backspace
    case 0x03, 0x04: return .interrupt
    case 0x00..<0x20: return .other
    default: return try character(byte)
    }
  }

  private mutating func character(_ first: UInt8) throws -> Key {
    let count = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    while pending.count < count - 1 {
      guard try read(milliseconds: 100) else { break }
    }
    let bytes = [first] + pending.prefix(count - 1)
    pending.removeFirst(min(pending.count, count - 1))
    guard let character = String(decoding: bytes, as: UTF8.self).first else { return .other }
    return .character(character)
  }

  /// What follows an escape at once is a key of its own; nothing is the escape key.
  private mutating func sequence() throws -> Key {
    if pending.isEmpty, try !read(milliseconds: 25) { return .escape }
    guard let second = pending.first, second == UInt8(ascii: "[") || second == UInt8(ascii: "O")
    else { return .escape }
    pending.removeFirst()
    var words: [UInt8] = []
    while true {
      if pending.isEmpty, try !read(milliseconds: 25) { return .other }
      guard !pending.isEmpty else { return .other }
      let byte = pending.removeFirst()
      words.append(byte)
      if (0x40...0x7E).contains(byte) { break }
    }
    let known: [String: Key] = [
      "A": .up, "B": .down, "C": .right, "D": .left, "H": .home, "F": .end, "1~": .home,
      "4~": .end, "5~": .pageUp, "6~": .pageDown, "7~": .home, "8~": .end,
    ]
    return known[String(decoding: words, as: UTF8.self)] ?? .other
  }
}
