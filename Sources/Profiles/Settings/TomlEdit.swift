/// Changes single keys of a TOML text and leaves every other byte, comments included, as it is.
struct TomlEdit {
  private var lines: [String]

  init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
  }

  /// The text with the changes.
  var text: String { lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n" }

  /// Gives a key its value, in a table that is made where there is none.
  mutating func set(_ setting: Setting, to value: String) {
    let line = "\(setting.key) = \(value)"
    if let place = place(of: setting) {
      lines.replaceSubrange(place, with: [line + comment(behind: place)])
    } else if let end = end(ofTable: setting.table) {
      lines.insert(line, at: end)
    } else {
      if let last = lines.last, !last.isEmpty { lines.append("") }
      lines += ["[\(setting.table)]", line]
    }
  }

  /// Removes a key; an empty table stays.
  mutating func remove(_ setting: Setting) {
    if let place = place(of: setting) { lines.removeSubrange(place) }
  }

  /// A comment at the end of a value of one line stays with it.
  private func comment(behind place: Range<Int>) -> String {
    guard place.count == 1 else { return "" }
    var scanner = TomlScanner()
    guard let mark = scanner.scan(lines[place.lowerBound]) else { return "" }
    return "  " + lines[place.lowerBound][mark...]
  }

  /// The lines of a key and its value, which may take several.
  private func place(of setting: Setting) -> Range<Int>? {
    var found: Int?
    walk { number, table, key in
      if found == nil, table == setting.table, key == setting.key { found = number }
    }
    guard let first = found else { return nil }
    var scanner = TomlScanner()
    var last = first
    while last < lines.count {
      scanner.scan(lines[last])
      last += 1
      if scanner.isAtRest { break }
    }
    return first..<last
  }

  /// Behind the last key of a table; nil where there is no such table.
  private func end(ofTable wanted: String) -> Int? {
    var isThere = wanted.isEmpty
    var end = 0
    var scanner = TomlScanner()
    var table = ""
    for (number, line) in lines.enumerated() {
      let isStart = scanner.isAtRest
      scanner.scan(line)
      if isStart, let name = Self.table(line) {
        table = name
        if name == wanted { (isThere, end) = (true, number + 1) }
      } else if table == wanted, line.contains(where: { !$0.isWhitespace }), scanner.isAtRest {
        end = number + 1
      }
    }
    return isThere ? end : nil
  }

  /// Calls `visit` with each line that begins a key, the table it is in, and the key.
  private func walk(_ visit: (Int, String, String) -> Void) {
    var scanner = TomlScanner()
    var table = ""
    for (number, line) in lines.enumerated() {
      if scanner.isAtRest {
        if let name = Self.table(line) {
          table = name
        } else if let equals = line.firstIndex(of: "=") {
          let key = line[..<equals].filter { !$0.isWhitespace && $0 != "\"" }
          visit(number, table, key)
        }
      }
      scanner.scan(line)
    }
  }

  /// The name in "[name]"; an array's "[[name]]" begins a table that no setting is in.
  private static func table(_ line: String) -> String? {
    let trimmed = line.drop { $0.isWhitespace }
    guard trimmed.first == "[" else { return nil }
    let name = trimmed.dropFirst().prefix { $0 != "]" }.filter { !$0.isWhitespace }
    return name.first == "[" ? "[" : name
  }
}

/// Knows whether a value of TOML goes on behind a line's end.
struct TomlScanner {
  private var depth = 0
  private var quote = ""

  /// Whether the next line begins something new.
  var isAtRest: Bool { depth == 0 && quote.isEmpty }

  /// Goes over a line; answers where a comment begins in it.
  @discardableResult
  mutating func scan(_ line: String) -> String.Index? {
    var at = line.startIndex
    while at < line.endIndex {
      let rest = line[at...]
      if !quote.isEmpty {
        if quote.first == "\"", rest.first == "\\" {
          at = line.index(at, offsetBy: 2, limitedBy: line.endIndex) ?? line.endIndex
        } else if rest.hasPrefix(quote) {
          at = line.index(at, offsetBy: quote.count)
          quote = ""
        } else {
          at = line.index(after: at)
        }
        continue
      }
      if rest.first == "#" { return at }
      if let opened = ["\"\"\"", "'''", "\"", "'"].first(where: { rest.hasPrefix($0) }) {
        quote = opened
        at = line.index(at, offsetBy: opened.count)
        continue
      }
      if "[{".contains(rest.first ?? " ") { depth += 1 }
      if "]}".contains(rest.first ?? " ") { depth -= 1 }
      at = line.index(after: at)
    }
    // A string of one line ends with it, closed or not.
    if quote.count == 1 { quote = "" }
    return nil
  }
}
