extension ByteString {
  /// The bytes for a person's terminal: controls, bidi marks and bytes that are no UTF-8 escaped.
  package var printable: String {
    var shown = ""
    var rest = bytes[...]
    while !rest.isEmpty {
      let (scalar, length) = Self.firstScalar(of: rest)
      if let scalar, !Self.isUnsafe(scalar) {
        shown.unicodeScalars.append(scalar)
      } else {
        for byte in rest.prefix(length) { shown += Self.escape(byte) }
      }
      rest = rest.dropFirst(length)
    }
    return shown
  }

  private static func firstScalar(of bytes: ArraySlice<UInt8>) -> (Unicode.Scalar?, Int) {
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return (nil, 1) }
    return (scalar, UTF8.width(scalar))
  }

  /// Whether a terminal may obey the character instead of showing it, or show it as nothing.
  package static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    // Of ASCII, which names mostly are, no table needs to be asked.
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7f }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      true
    default: false
    }
  }

  private static func escape(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "\n"): return "\\n"
    case UInt8(ascii: "\t"): return "\\t"
    case UInt8(ascii: "\r"): return "\\r"
    default:
      let octal = String(byte, radix: 8)
      return "\\" + String(repeating: "0", count: 3 - octal.count) + octal
    }
  }
}
