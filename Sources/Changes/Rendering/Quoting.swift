import Linux

extension ByteString {
  /// The name as git writes it: in C's quotes where a byte is no plain ASCII.
  package var gitQuoted: String {
    gitQuoted(prefix: "")
  }

  /// The name behind a prefix such as "a/", quoted together.
  func gitQuoted(prefix: String, evenIfPlain isForced: Bool = false) -> String {
    let isPlain = bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
    guard !isPlain || isForced else { return prefix + String(decoding: bytes, as: UTF8.self) }
    return "\"" + prefix + bytes.map(Self.escaped).joined() + "\""
  }

  private static func escaped(_ byte: UInt8) -> String {
    switch byte {
    case 0x07: return "\\a"
    case 0x08: return "\\b"
    case 0x09: return "\\t"
    case 0x0A: return "\\n"
    case 0x0B: return "\\v"
    case 0x0C: return "\\f"
    case 0x0D: return "\\r"
    case 0x22: return "\\\""
    case 0x5C: return "\\\\"
    case 0x20..<0x7F: return String(UnicodeScalar(byte))
    default:
      let octal = String(byte, radix: 8)
      return "\\" + String(repeating: "0", count: 3 - octal.count) + octal
    }
  }
}
