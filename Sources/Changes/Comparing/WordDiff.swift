/// How changed words are marked, by git's names.
package enum WordMarks: String, Sendable, CaseIterable {
  case plain, color, porcelain
}

/// A hunk with its changed words marked within the lines, as git's --word-diff has it.
struct WordDiff {
  private enum Part {
    case context, old, new
  }

  private let marks: WordMarks
  private let style: RenderingStyle
  private var old: [UInt8] = []
  private var new: [UInt8] = []
  private(set) var text: [UInt8] = []

  /// Marks the words of a hunk; `style` colours and escapes.
  init(_ hunk: Hunk, _ marks: WordMarks, _ style: RenderingStyle) throws {
    (self.marks, self.style) = (marks, style)
    for line in hunk.lines {
      let ended = line.bytes.last == 0x0A ? line.bytes : line.bytes + [0x0A]
      switch line.mark {
      case Hunk.Line.deleted: old += ended
      case Hunk.Line.added: new += ended
      case Hunk.Line.noNewline: continue
      default:
        try flush()
        writeContext(ended)
      }
    }
    try flush()
  }

  /// Runs of what is no white space, by their places.
  private static func words(of text: [UInt8]) -> [Range<Int>] {
    var (found, start): ([Range<Int>], Int?) = ([], nil)
    for (index, byte) in text.enumerated() {
      let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
      if isSpace, let first = start {
        found.append(first..<index)
        start = nil
      } else if !isSpace, start == nil {
        start = index
      }
    }
    if let start { found.append(start..<text.count) }
    return found
  }

  /// Compares the words of the lines that go with those of the lines that come.
  private mutating func flush() throws {
    defer { (old, new) = ([], []) }
    if new.isEmpty { return write(old, as: .old) }
    let (oldWords, newWords) = (Self.words(of: old), Self.words(of: new))
    var options = DiffOptions()
    options.contextLines = 0
    options.isForcedText = true
    options.usesIndentHeuristic = false
    let diff = try TextDiff(
      Array(oldWords.map { old[$0] + [0x0A] }.joined()),
      Array(newWords.map { new[$0] + [0x0A] }.joined()), options)
    var shown = 0
    for hunk in diff.hunks {
      guard let numbers = HunkNumbers(hunk.header) else { continue }
      let (gone, come) = (
        Self.span(oldWords, numbers.oldStart, hunk.lines.count { $0.mark == Hunk.Line.deleted }),
        Self.span(newWords, numbers.newStart, hunk.lines.count { $0.mark == Hunk.Line.added })
      )
      write(Array(new[shown..<come.lowerBound]), as: .context)
      write(Array(old[gone]), as: .old)
      write(Array(new[come]), as: .new)
      shown = come.upperBound
    }
    write(Array(new[shown...]), as: .context)
  }

  /// The bytes of some words, with what is between them; of none: the place behind the word before.
  private static func span(_ words: [Range<Int>], _ first: Int, _ count: Int) -> Range<Int> {
    guard count > 0 else {
      let end = first > 0 ? words[first - 1].upperBound : 0
      return end..<end
    }
    return words[first].lowerBound..<words[first + count - 1].upperBound
  }

  /// Adds a line that both sides have.
  private mutating func writeContext(_ line: [UInt8]) {
    let isPorcelain = marks == .porcelain
    text += (isPorcelain ? [0x20] : []) + style.shown(line) + (isPorcelain ? [0x7E, 0x0A] : [])
  }

  /// Adds text, marked line by line.
  private mutating func write(_ bytes: [UInt8], as part: Part) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: 0x0A)
      let line = Array(rest[..<(end ?? rest.endIndex)])
      if !line.isEmpty { mark(line, as: part) }
      guard let end else { return }
      text += marks == .porcelain ? Array("~\n".utf8) : [0x0A]
      rest = rest[(end + 1)...]
    }
  }

  private mutating func mark(_ line: [UInt8], as part: Part) {
    let line = style.shown(line)
    let (before, after): (String, String)
    switch (marks, part) {
    case (.porcelain, .context): (before, after) = (" ", "\n")
    case (.porcelain, .old): (before, after) = ("-", "\n")
    case (.porcelain, .new): (before, after) = ("+", "\n")
    case (.plain, .old): (before, after) = ("[-", "-]")
    case (.plain, .new): (before, after) = ("{+", "+}")
    default: (before, after) = ("", "")
    }
    let body = Array(before.utf8) + line + Array(after.utf8)
    switch part {
    case .context: text += body
    case .old: text += style.paint(body, .deleted)
    case .new: text += style.paint(body, .added)
    }
  }
}
