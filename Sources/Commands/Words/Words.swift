import Linux

/// Words of a command line as a shell would read them back.
enum Words {
  /// The word, in single quotes where a shell would see more in it than itself.
  static func quoted(_ word: ByteString) -> String {
    let text = word.printable
    let isPlain = !text.isEmpty && text.utf8.allSatisfy(isPlain)
    return isPlain
      ? text
      : "'"
        + text.split(
          separator: "'", omittingEmptySubsequences: false
        ).joined(separator: "'\\''") + "'"
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-_./=:,@%+".utf8.contains(byte)
    }
  }
}
