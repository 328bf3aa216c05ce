import Linux

/// A search for a text or an expression in files, and what it has found so far.
struct TextSearch {
  private enum Needle {
    case text([UInt8])
    case expression(RegularExpression)
  }

  private let needle: Needle
  private let offset: Int
  private let limit: Int
  private let around: Int
  private let namesOnly: Bool
  private var found: [JSON] = []
  private var seen = 0
  private var fileCount = 0
  private(set) var isFull = false

  /// Longer lines are cut in the answer.
  private static let longestLine = 500
  /// A longer expression would take minutes and gigabytes to be compiled.
  private static let longestExpression = 4096
  /// Larger files are passed over; they are no text that somebody reads.
  private static let largestFile = 64 << 20

  init(_ params: FileParameters) throws(ProtocolError) {
    guard let pattern = try params.text("pattern"), !pattern.isEmpty else {
      throw ProtocolError(.wrongParams, "'pattern' must be a text")
    }
    let ignoresCase = try params.flag("ignoreCase")
    if try params.flag("fixed"), !ignoresCase {
      needle = .text(Array(pattern.utf8))
    } else {
      guard pattern.utf8.count <= Self.longestExpression else {
        throw ProtocolError(
          .wrongParams,
          "the pattern has \(pattern.utf8.count) bytes; an expression has at most "
            + "\(Self.longestExpression)", hint: "'fixed': true searches for a text of any length")
      }
      let source = try params.flag("fixed") ? Self.quoted(pattern) : Self.translated(pattern)
      do throws(RegularExpression.Mistake) {
        needle = .expression(try RegularExpression(source, ignoresCase: ignoresCase))
      } catch {
        throw ProtocolError(
          .wrongParams, "'\(pattern)' is no regular expression: \(error)",
          hint: "'fixed': true searches for the text as it stands")
      }
    }
    limit = Int(try params.number("limit", default: 200, in: 1...10_000))
    offset = Int(try params.number("offset", default: 0, in: 0...Int64(Int32.max)))
    around = Int(try params.number("context", default: 0, in: 0...20))
    namesOnly = try params.flag("namesOnly")
  }

  /// What people write in other dialects, as extended expressions have it.
  static func translated(_ pattern: String) -> String {
    var made = ""
    var rest = pattern[...]
    var isInBrackets = false
    while let character = rest.popFirst() {
      switch (character, rest.first) {
      case ("\\", "d"?): made += isInBrackets ? "0-9" : "[0-9]"
      case ("\\", "D"?) where !isInBrackets: made += "[^0-9]"
      case ("\\", "s"?) where isInBrackets: made += "[:space:]"
      case ("\\", "w"?) where isInBrackets: made += "[:alnum:]_"
      case ("\\", "t"?): made += "\t"
      case ("\\", let next?) where isInBrackets: made.append(next)
      case ("\\", let next?): made += "\\" + String(next)
      case ("(", "?"?) where rest.hasPrefix("?:"):
        rest = rest.dropFirst(2)
        made += "("
        continue
      case ("*", "?"?), ("+", "?"?), ("?", "?"?):
        // Whether a line matches does not depend on greed.
        if !isInBrackets { made.append(character) } else { made += "\(character)?" }
      case ("[", _) where !isInBrackets:
        isInBrackets = true
        made.append(character)
        if rest.first == "^" { made.append(rest.removeFirst()) }
        if rest.first == "]" { made.append(rest.removeFirst()) }
        continue
      case ("]", _) where isInBrackets:
        isInBrackets = false
        made.append(character)
        continue
      default:
        made.append(character)
        continue
      }
      rest = rest.dropFirst()
    }
    return made
  }

  private static func quoted(_ text: String) -> String {
    var made = ""
    for character in text {
      if "\\^$.|?*+()[]{}".contains(character) { made += "\\" }
      made.append(character)
    }
    return made
  }

  /// Searches one file; what can't be read, or is no text, holds nothing.
  mutating func look(at path: ByteString, as name: ByteString) {
    guard let file = try? Descriptor.currentDirectory.open(path, [.nonBlocking, .noFollow]),
      let bytes = try? file.borrowed.readAll(limit: Self.largestFile)
    else { return }
    fileCount += 1
    bytes.withUnsafeBytes { bytes in
      if UnsafeRawBufferPointer(rebasing: bytes.prefix(8000)).firstPlace(of: 0) != nil { return }
      search(bytes, name)
    }
  }

  private mutating func search(_ bytes: UnsafeRawBufferPointer, _ name: ByteString) {
    guard mayMatch(bytes) else { return }
    var (lines, at): ([Range<Int>], Int) = ([], 0)
    while at < bytes.count {
      let end = bytes.firstPlace(of: UInt8(ascii: "\n"), from: at) ?? bytes.count
      lines.append(at..<end)
      at = end + 1
    }
    for (index, line) in lines.enumerated() where matches(bytes, line) {
      seen += 1
      if seen <= offset { continue }
      if found.count == limit {
        isFull = true
        return
      }
      if namesOnly { return found.append(JSON(name)) }
      add(bytes, lines, index, name)
    }
  }

  /// Whether a line may match at all: most files hold nothing, and need not be cut into lines.
  private func mayMatch(_ bytes: UnsafeRawBufferPointer) -> Bool { matches(bytes, 0..<bytes.count) }

  private func matches(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    let part = UnsafeRawBufferPointer(rebasing: bytes[range])
    return switch needle {
    case .text(let text): text.withUnsafeBytes { part.firstPlace(of: $0) != nil }
    case .expression(let expression): expression.matches(part)
    }
  }

  private mutating func add(
    _ bytes: UnsafeRawBufferPointer, _ lines: [Range<Int>], _ index: Int, _ name: ByteString
  ) {
    func text(_ line: Range<Int>) -> JSON {
      JSON(Self.cut(ByteString(bytes[line.prefix(Self.longestLine + 4)])))
    }
    var members = [
      JSON.Member("path", JSON(name)), JSON.Member("line", .int(Int64(index + 1))),
      JSON.Member("text", text(lines[index])),
    ]
    if around > 0 {
      let before = lines[max(0, index - around)..<index]
      let after = lines[(index + 1)..<min(lines.count, index + 1 + around)]
      members.append(JSON.Member("before", .array(before.map(text))))
      members.append(JSON.Member("after", .array(after.map(text))))
    }
    found.append(.object(members))
  }

  /// At most so many bytes, and no half character at their end.
  private static func cut(_ line: ByteString) -> ByteString {
    guard line.count > longestLine else { return line }
    var bytes = line.bytes.prefix(longestLine)
    while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
    if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
    return ByteString(bytes + Array("...".utf8))
  }

  var json: JSON {
    [
      "matches": .array(found), "files": .int(Int64(fileCount)),
      "next": isFull ? .int(Int64(offset + found.count)) : .null,
    ]
  }
}
