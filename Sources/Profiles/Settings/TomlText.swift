/// Values as a TOML file has them.
enum TomlText {
  /// A basic string; control characters are escaped, so a terminal is safe from them.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// A list of strings.
  static func list(_ words: [String]) -> String {
    "[" + words.map(quoted).joined(separator: ", ") + "]"
  }

  /// A table of strings on one line.
  static func pairs(_ values: [String: String]) -> String {
    let pairs = values.sorted { $0.key < $1.key }.map { "\(quoted($0.key)) = \(quoted($0.value))" }
    return "{ " + pairs.joined(separator: ", ") + " }"
  }

  /// Lists or tables of one line each, as one.
  static func joined(_ values: [String]) -> String {
    guard let first = values.first?.first, let last = values.first?.last else { return "" }
    let inner = values.map { $0.dropFirst().dropLast().drop { $0 == " " } }
      .map { $0.last == " " ? $0.dropLast() : $0 }.filter { !$0.isEmpty }
    let room = first == "{" ? " " : ""
    return "\(first)\(room)" + inner.joined(separator: ", ") + "\(room)\(last)"
  }
}
