import Linux

/// A session's id: the project's name, a dash and four characters.
package struct SessionName: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let text: String

  package var description: String { text }
  package var bytes: ByteString { ByteString(text) }

  /// The name in a text, or nil where it could not be a session's directory.
  package init?(_ text: String) {
    guard !text.isEmpty, text.utf8.count <= 64, text.utf8.first != UInt8(ascii: "."),
      text.utf8.allSatisfy(Self.isAllowed)
    else { return nil }
    self.text = text
  }

  /// A new name for a session of a project; chance makes two alike rare, not impossible.
  static func random(for project: ByteString) throws(Errno) -> SessionName? {
    let letters = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
    let ending = try Process.randomBytes(4).map { letters[Int($0) % letters.count] }
    let stem = project.lastComponent.bytes.map {
      isAllowed($0) ? $0 : UInt8(ascii: "-")
    }.drop { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }.prefix(40)
    let name = stem.isEmpty ? Array("root".utf8)[...] : stem
    return SessionName(
      String(decoding: name + [UInt8(ascii: "-")] + ending, as: UTF8.self))
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }

  package static func < (left: SessionName, right: SessionName) -> Bool { left.text < right.text }
}
