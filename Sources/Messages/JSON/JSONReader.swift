/// Why a text is no JSON, and at which byte.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  package let reason: String
  package let offset: Int

  package var description: String { "\(reason) at byte \(offset)" }
}

/// Reads one JSON text as RFC 8259 has it; refuses what is deeper than a hundred levels.
package struct JSONReader {
  private let bytes: [UInt8]
  private var at = 0
  private var depth = 0

  /// The value of a whole text.
  package static func read(_ bytes: some Sequence<UInt8>) throws(JSONError) -> JSON {
    var reader = JSONReader(bytes: Array(bytes))
    let value = try reader.value()
    reader.skipSpace()
    if reader.at < reader.bytes.count { throw reader.error("something follows the value") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: at) }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  private mutating func take(_ byte: Character) -> Bool {
    guard next == byte.asciiValue else { return false }
    at += 1
    return true
  }

  private mutating func value() throws(JSONError) -> JSON {
    skipSpace()
    guard let byte = next else { throw error("the text ends too early") }
    switch byte {
    case UInt8(ascii: "{"): return try nested { reader throws(JSONError) in try reader.object() }
    case UInt8(ascii: "["): return try nested { reader throws(JSONError) in try reader.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(_ read: (inout JSONReader) throws(JSONError) -> JSON)
    throws(JSONError) -> JSON
  {
    depth += 1
    if depth > 100 { throw error("nested too deeply") }
    at += 1
    let value = try read(&self)
    depth -= 1
    return value
  }

  private mutating func word(_ text: String, _ value: JSON) throws(JSONError) -> JSON {
    guard bytes[at...].starts(with: text.utf8) else { throw error("not a value") }
    at += text.utf8.count
    return value
  }

  private mutating func array() throws(JSONError) -> JSON {
    var values: [JSON] = []
    skipSpace()
    if take("]") { return .array(values) }
    while true {
      values.append(try value())
      skipSpace()
      if take("]") { return .array(values) }
      if !take(",") { throw error("',' or ']' is missing") }
    }
  }

  private mutating func object() throws(JSONError) -> JSON {
    var members: [JSON.Member] = []
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw error("a name is missing") }
      let name = try string()
      skipSpace()
      if !take(":") { throw error("':' is missing") }
      members.append(JSON.Member(name, try value()))
      skipSpace()
      if take("}") { return .object(members) }
      if !take(",") { throw error("',' or '}' is missing") }
    }
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = at
    while let byte = next, Self.isOfNumber(byte) { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    // Int and Double also take a "+" and more, which JSON does not.
    if let first = text.first, first == "-" || first.isNumber {
      if let int = Int64(text) { return .int(int) }
      if let double = Double(text) { return .double(double) }
    }
    at = start
    throw error("not a value")
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }
}

extension JSONReader {
  private mutating func string() throws(JSONError) -> String {
    at += 1
    var text: [UInt8] = []
    while true {
      let start = at
      at = endOfPlain(from: at)
      guard let byte = next else { throw error("a string does not end") }
      if byte == UInt8(ascii: "\""), text.isEmpty {
        defer { at += 1 }
        return try validated(bytes[start..<at])
      }
      text += bytes[start..<at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return try validated(text[...])
      case UInt8(ascii: "\\"): text += String(try escaped()).utf8
      default: throw error("a control character in a string")
      }
    }
  }

  private func validated(_ text: ArraySlice<UInt8>) throws(JSONError) -> String {
    guard let string = String(validating: text, as: UTF8.self) else {
      throw error("a string is no UTF-8")
    }
    return string
  }

  /// Where the run of characters ends that stand for themselves: strings are most of what is read.
  private func endOfPlain(from start: Int) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      var at = start
      while at < bytes.count {
        let byte = bytes[at]
        if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
        at &+= 1
      }
      return at
    }
  }

  private mutating func escaped() throws(JSONError) -> Character {
    guard let byte = next else { throw error("a string does not end") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return Character(Unicode.Scalar(byte))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return Character(try scalar())
    default: throw error("an unknown escape")
    }
  }

  /// The character behind "\u", of two such when it lies beyond U+FFFF.
  private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, take("\\"), take("u") else { throw error("half a character") }
    let second = try codeUnit()
    guard (0xDC00...0xDFFF).contains(second) else { throw error("half a character") }
    let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
    guard let scalar = Unicode.Scalar(value) else { throw error("half a character") }
    return scalar
  }

  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    let digits = bytes[at..<min(at + 4, bytes.count)]
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("four hexadecimal digits are missing") }
    at += 4
    return value
  }
}
