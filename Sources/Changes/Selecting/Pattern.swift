import Linux

/// A path, or a pattern of paths: "*" and "?" stay within a name, "**" crosses slashes, "[a-z]" is
/// one of several; what matches a directory matches everything below it.
package struct Pattern: Hashable, Sendable {
  private let bytes: [UInt8]
  private let isPlain: Bool

  /// A pattern relative to the root.
  package init(_ text: ByteString) {
    var bytes = text.bytes[...]
    if bytes.starts(with: [0x2E, 0x2F]) { bytes = bytes.dropFirst(2) }
    while bytes.last == 0x2F { bytes = bytes.dropLast() }
    self.bytes = bytes.elementsEqual([0x2E]) ? [] : Array(bytes)
    isPlain = !self.bytes.contains { $0 == 0x2A || $0 == 0x3F || $0 == 0x5B }
  }

  /// Exactly this path and what is below it, whatever bytes it has.
  package init(literal path: ByteString) {
    bytes = path.bytes
    isPlain = true
  }

  /// Whether a path, or a directory above it, matches.
  package func matches(_ path: ByteString) -> Bool {
    if isPlain { return path.isWithin(ByteString(bytes)) }
    if Self.match(bytes[...], path.bytes[...]) { return true }
    for (index, byte) in path.bytes.enumerated() where byte == 0x2F {
      if Self.match(bytes[...], path.bytes[..<index]) { return true }
    }
    return false
  }

  private static func match(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    switch first {
    case 0x2A:
      let crosses = pattern.dropFirst().first == 0x2A
      var rest = pattern.dropFirst(crosses ? 2 : 1)
      // "**/" also stands for no directory at all.
      if crosses, rest.first == 0x2F, match(rest.dropFirst(), text) { return true }
      if crosses, rest.isEmpty { return true }
      var left = text
      while true {
        if match(rest, left) { return true }
        guard let next = left.first, crosses || next != 0x2F else { return false }
        left = left.dropFirst()
        rest = pattern.dropFirst(crosses ? 2 : 1)
      }
    case 0x3F:
      guard let next = text.first, next != 0x2F else { return false }
      return match(pattern.dropFirst(), text.dropFirst())
    case 0x5B:
      guard let end = pattern.dropFirst(2).firstIndex(of: 0x5D), let next = text.first else {
        return false
      }
      guard isOne(next, of: pattern[(pattern.startIndex + 1)..<end]) else { return false }
      return match(pattern[(end + 1)...], text.dropFirst())
    default:
      guard text.first == first else { return false }
      return match(pattern.dropFirst(), text.dropFirst())
    }
  }

  private static func isOne(_ byte: UInt8, of set: ArraySlice<UInt8>) -> Bool {
    let isNegated = set.first == 0x21 || set.first == 0x5E
    var rest = Array(isNegated ? set.dropFirst() : set)[...]
    var found = false
    while let low = rest.popFirst() {
      if rest.count >= 2, rest.first == 0x2D {
        rest = rest.dropFirst()
        if let high = rest.popFirst(), low <= byte, byte <= high { found = true }
      } else if low == byte {
        found = true
      }
    }
    return found != isNegated
  }
}
