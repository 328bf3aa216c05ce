extension JSON {
  /// The value as text on one line.
  package var text: String {
    var text: [UInt8] = []
    write(to: &text, indent: nil)
    return String(decoding: text, as: UTF8.self)
  }

  /// The value as text for people, two spaces a level.
  package var prettyText: String {
    var text: [UInt8] = []
    write(to: &text, indent: 0)
    return String(decoding: text, as: UTF8.self)
  }

  /// Adds the value's text; `indent` is the level of the line, nil writes everything on one.
  package func write(to text: inout [UInt8], indent: Int? = nil) {
    switch self {
    case .null: text += "null".utf8
    case .bool(let value): text += (value ? "true" : "false").utf8
    case .int(let value): text += String(value).utf8
    case .double(let value): text += (value.isFinite ? String(value) : "null").utf8
    case .string(let value): Self.write(value, to: &text)
    case .array(let values):
      Self.writeList(values, "[", "]", to: &text, indent: indent) { value, text, indent in
        value.write(to: &text, indent: indent)
      }
    case .object(let members):
      Self.writeList(members, "{", "}", to: &text, indent: indent) { member, text, indent in
        Self.write(member.name, to: &text)
        text += (indent == nil ? ":" : ": ").utf8
        member.value.write(to: &text, indent: indent)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], _ open: String, _ close: String, to text: inout [UInt8], indent: Int?,
    _ writeElement: (Element, inout [UInt8], Int?) -> Void
  ) {
    text += open.utf8
    for (index, element) in elements.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      newLine(&text, indent.map { $0 + 1 })
      writeElement(element, &text, indent.map { $0 + 1 })
    }
    if !elements.isEmpty { newLine(&text, indent) }
    text += close.utf8
  }

  private static func newLine(_ text: inout [UInt8], _ indent: Int?) {
    guard let indent else { return }
    text.append(UInt8(ascii: "\n"))
    text += repeatElement(UInt8(ascii: " "), count: 2 * indent)
  }

  private static func write(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { bytes in
      var start = 0
      for at in 0..<bytes.count where needsEscape(bytes[at]) {
        text += bytes[start..<at]
        escape(bytes[at], to: &text)
        start = at + 1
      }
      text += bytes[start...]
    }
    text.append(UInt8(ascii: "\""))
  }

  @inline(always)
  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func escape(_ byte: UInt8, to text: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
    case UInt8(ascii: "\n"): text += "\\n".utf8
    case UInt8(ascii: "\t"): text += "\\t".utf8
    default:
      let digits = String(byte, radix: 16)
      text += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
    }
  }
}
