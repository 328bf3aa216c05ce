/// Takes the known keys out of a table; what is left is a mistake.
///
/// A mistake is kept for the end, and its key is read as if it were not there.
struct TableReader {
  let line: Int
  let column: Int
  private let mistakes: Mistakes
  private let name: String
  private var rest: [(key: String, value: TomlValue)]
  private var known: [String] = []

  init?(_ value: TomlValue, named name: String, _ mistakes: Mistakes) {
    guard case .table(let entries) = value.content else {
      mistakes.add(value, "'\(name)' must be a table, not \(value.kind)")
      return nil
    }
    (line, column) = (value.line, value.column)
    self.mistakes = mistakes
    self.name = name
    rest = entries
  }

  /// The keys that nobody took are mistakes, each with the nearest that would have been taken.
  func finish() {
    let place = name.isEmpty ? "a profile" : "[\(name)]"
    for (key, value) in rest {
      mistakes.add(
        value, "'\(key)' is no key of \(place)", suggestion: Nearest.to(key, among: known))
    }
  }

  mutating func value(_ key: String) -> TomlValue? {
    known.append(key)
    guard let index = rest.firstIndex(where: { $0.key == key }) else { return nil }
    return rest.remove(at: index).value
  }

  mutating func table(_ key: String) -> TableReader? {
    value(key).flatMap { TableReader($0, named: key, mistakes) }
  }

  mutating func tables(_ key: String) -> [TableReader]? {
    guard let value = value(key) else { return nil }
    guard case .array(let elements) = value.content else {
      return mistakes.reject(value, "'\(key)' is written '[[\(key)]]', once for each")
    }
    return elements.compactMap { TableReader($0, named: key, mistakes) }
  }

  mutating func string(_ key: String) -> Placed<String>? {
    guard let value = value(key) else { return nil }
    return string(value, key).map { Placed($0, value) }
  }

  mutating func boolean(_ key: String) -> Placed<Bool>? {
    guard let value = value(key) else { return nil }
    guard case .boolean(let flag) = value.content else {
      return mistakes.reject(value, "'\(key)' must be true or false, not \(value.kind)")
    }
    return Placed(flag, value)
  }

  mutating func strings(_ key: String) -> Placed<[String]>? {
    guard let value = value(key) else { return nil }
    guard case .array(let elements) = value.content else {
      return mistakes.reject(value, "'\(key)' must be a list of strings, not \(value.kind)")
    }
    var strings: [String] = []
    for element in elements {
      guard let text = string(element, key) else { return nil }
      strings.append(text)
    }
    return Placed(strings, value)
  }

  /// A list of words that must all be known, each read by `spelling` first.
  mutating func words(
    _ key: String, among known: [String], _ what: String,
    spelling: (String) -> String = { $0 }
  ) -> Placed<[String]>? {
    guard let value = value(key) else { return nil }
    guard case .array(let elements) = value.content else {
      return mistakes.reject(value, "'\(key)' must be a list of strings, not \(value.kind)")
    }
    var words: [String] = []
    for element in elements {
      guard let written = string(element, key) else { return nil }
      let word = spelling(written)
      guard known.contains(word) else {
        return mistakes.reject(
          element, "'\(written)' is no \(what)", suggestion: Nearest.to(word, among: known))
      }
      words.append(word)
    }
    return Placed(words, value)
  }

  /// A string, or a list of them.
  mutating func stringOrStrings(_ key: String) -> Placed<[String]>? {
    guard let value = value(key) else { return nil }
    if case .string(let single) = value.content { return Placed([single], value) }
    rest.append((key, value))
    return strings(key)
  }

  mutating func dictionary(_ key: String) -> Placed<[String: String]>? {
    guard let value = value(key) else { return nil }
    guard case .table(let entries) = value.content else {
      return mistakes.reject(value, "'\(key)' must be a table of strings, not \(value.kind)")
    }
    var strings: [String: String] = [:]
    for (name, entry) in entries { strings[name] = string(entry, name) }
    return Placed(strings, value)
  }

  mutating func ports(_ key: String) -> Placed<[UInt16]>? {
    guard let value = value(key) else { return nil }
    guard case .array(let elements) = value.content else {
      return mistakes.reject(value, "'\(key)' must be a list of ports, not \(value.kind)")
    }
    var ports: [UInt16] = []
    for element in elements {
      guard case .integer(let number) = element.content, let port = UInt16(exactly: number),
        port > 0
      else { return mistakes.reject(element, "a port is a number from 1 to 65535") }
      ports.append(port)
    }
    return Placed(ports, value)
  }

  /// One of several words.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String)
    -> Placed<Choice>? where Choice.RawValue == String
  {
    guard let value = value(key), let found = string(value, key) else { return nil }
    if let choice = Choice(rawValue: found) { return Placed(choice, value) }
    let words = Choice.allCases.map(\.rawValue)
    return mistakes.reject(
      value, "'\(found)' is no '\(key)'; it is one of \(words.joined(separator: ", "))",
      suggestion: Nearest.to(found, among: words))
  }

  /// A number, or a string that `read` understands.
  mutating func amount(
    _ key: String, _ example: String, _ read: (String) -> UInt64?
  ) -> Placed<UInt64>? {
    guard let value = value(key) else { return nil }
    switch value.content {
    case .integer(let number):
      if let amount = UInt64(exactly: number) { return Placed(amount, value) }
    case .string(let text): if let amount = read(text) { return Placed(amount, value) }
    default: break
    }
    return mistakes.reject(value, "'\(key)' must be \(example), not \(value.kind)")
  }

  /// A number of processors, as 2, 1.5 or "1.5"; in thousandths.
  mutating func processors(_ key: String) -> Placed<UInt64>? {
    guard let value = value(key) else { return nil }
    let text: String? =
      switch value.content {
      case .integer(let number): String(number)
      case .string(let text), .other(let text): text
      default: nil
      }
    guard let amount = text.flatMap(Amount.processors) else {
      return mistakes.reject(value, "'\(key)' must be a number of processors like 1.5")
    }
    return Placed(amount, value)
  }

  private func string(_ value: TomlValue, _ key: String) -> String? {
    guard case .string(let text) = value.content else {
      return mistakes.reject(value, "'\(key)' must be a string, not \(value.kind)")
    }
    if text.utf8.contains(0) { return mistakes.reject(value, "'\(key)' holds a NUL byte") }
    return text
  }
}

/// A value and where it was written.
struct Placed<Value> {
  let value: Value
  let line: Int
  let column: Int

  init(_ value: Value, _ at: TomlValue) { (self.value, line, column) = (value, at.line, at.column) }

  private init(_ value: Value, line: Int, column: Int) {
    (self.value, self.line, self.column) = (value, line, column)
  }

  func map<Other>(_ transform: (Value) -> Other) -> Placed<Other> {
    Placed<Other>(transform(value), line: line, column: column)
  }
}

extension Placed: Sendable where Value: Sendable {}
