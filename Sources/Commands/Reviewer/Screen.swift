import Linux

/// A terminal's whole screen, borrowed: what was on it comes back at the end.
final class Screen {
  private let terminal: Descriptor
  private let before: TerminalSettings
  private(set) var size = WindowSize(rows: 24, columns: 80)
  private var isOurs = false

  /// Takes the screen of a terminal.
  init(_ terminal: Descriptor) throws {
    self.terminal = terminal
    before = try attempt("ask the terminal for its settings") { () throws(Errno) in
      try terminal.terminalSettings()
    }
    try take()
  }

  /// Takes the screen, at first or after another program had it.
  func take() throws {
    try attempt("take the terminal") { () throws(Errno) in
      try terminal.makeRaw()
      // The other screen, without a cursor, lines not wrapped.
      try terminal.write(Array("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l".utf8))
    }
    isOurs = true
    measure()
  }

  /// Gives the screen back, at the end or to another program.
  func giveBack() {
    guard isOurs else { return }
    isOurs = false
    // A terminal that is gone needs nothing back.
    try? terminal.write(Array("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l".utf8))
    try? terminal.setTerminalSettings(before)
  }

  deinit { giveBack() }

  /// Asks for the size again; true when it is another one.
  @discardableResult
  func measure() -> Bool {
    // What has no size keeps the one it had.
    guard let now = try? terminal.windowSize(), now.rows > 0, now.columns > 0, now != size else {
      return false
    }
    size = now
    return true
  }

  /// Shows lines, the first at the top; what is below them is cleared.
  func show(_ lines: [StyledLine]) throws {
    var text = "\u{1B}[H"
    for (index, line) in lines.prefix(Int(size.rows)).enumerated() {
      if index > 0 { text += "\r\n" }
      text += line.fitted(to: Int(size.columns)) + "\u{1B}[m\u{1B}[K"
    }
    text += "\u{1B}[J"
    try attempt("write to the terminal") { () throws(Errno) in
      try terminal.write(Array(text.utf8))
    }
  }
}

/// A line of a screen: pieces of text, each in one style.
struct StyledLine {
  /// How text looks; the numbers are those of the terminal's "select graphic rendition".
  enum Look: String {
    case plain = "", bold = "1", faint = "2", reversed = "7", red = "31", green = "32"
    case yellow = "33", cyan = "36", header = "1;36", hit = "30;43"
  }

  private(set) var parts: [(text: String, look: Look)] = []

  init() {}
  init(_ text: String, _ look: Look = .plain) { add(text, look) }

  mutating func add(_ text: String, _ look: Look = .plain) {
    if !text.isEmpty { parts.append((text, look)) }
  }

  mutating func add(_ other: StyledLine) { parts += other.parts }

  var plainText: String { parts.map(\.text).joined() }

  /// The same line in another look all over.
  func all(_ look: Look) -> StyledLine { StyledLine(plainText, look) }

  /// The line cut or filled up to a number of columns.
  func padded(to columns: Int) -> StyledLine {
    var (line, left) = (StyledLine(), columns)
    for part in parts where left > 0 {
      let text = Columns.prefix(part.text, left)
      left -= Columns.count(text)
      line.add(text, part.look)
    }
    line.add(String(repeating: " ", count: max(0, left)))
    return line
  }

  /// The bytes for the terminal, cut where the line is too long.
  func fitted(to columns: Int) -> String {
    var (text, left) = ("", columns)
    for part in parts where left > 0 {
      let cut = Columns.prefix(part.text, left)
      left -= Columns.count(cut)
      text += "\u{1B}[\(part.look == .plain ? "" : part.look.rawValue)m\(cut)"
    }
    return text
  }
}

/// How many columns text takes on a terminal.
enum Columns {
  static func count(_ text: String) -> Int { text.reduce(0) { $0 + width(of: $1) } }

  /// As much of a text as fits.
  static func prefix(_ text: String, _ columns: Int) -> String {
    var (taken, left) = ("", columns)
    for character in text {
      left -= width(of: character)
      if left < 0 { break }
      taken.append(character)
    }
    return taken
  }

  /// Tabs as blanks: what is beside them must stay where it is.
  static func expanded(_ text: String) -> String {
    guard text.contains("\t") else { return text }
    var (shown, column) = ("", 0)
    for character in text {
      if character == "\t" {
        let blanks = 8 - column % 8
        shown += String(repeating: " ", count: blanks)
        column += blanks
      } else {
        shown.append(character)
        column += width(of: character)
      }
    }
    return shown
  }

  /// East Asian and pictographic characters take two columns.
  private static func width(of character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.value {
    case 0..<0x300: return 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default: return scalar.properties.generalCategory == .nonspacingMark ? 0 : 1
    }
  }
}
