/// Takes the known keys out of a table; what is left is a mistake.
struct TableReader {
  let file: String
  private let name: String
  private var rest: [(key: String, value: TomlValue)]
  private var known: [String] = []

  init(_ value: TomlValue, named name: String, file: String) throws(ProfileError) {
    guard case .table(let entries) = value.content else {
      throw Self.mistake(file, value, "'\(name)' must be a table, not \(value.kind)")
    }
    self.file = file
    self.name = name
    rest = entries
  }

  /// Throws for the first key that nobody took, with the nearest that would have been.
  func finish() throws(ProfileError) {
    guard let (key, value) = rest.min(by: { $0.value.line < $1.value.line }) else { return }
    let place = name.isEmpty ? "a profile" : "[\(name)]"
    throw ProfileError(
      file: file, line: value.line, column: value.column, "'\(key)' is no key of \(place)",
      suggestion: Nearest.to(key, among: known))
  }

  mutating func value(_ key: String) -> TomlValue? {
    known.append(key)
    guard let index = rest.firstIndex(where: { $0.key == key }) else { return nil }
    return rest.remove(at: index).value
  }

  mutating func table(_ key: String) throws(ProfileError) -> TableReader? {
    guard let value = value(key) else { return nil }
    return try TableReader(value, named: key, file: file)
  }

  mutating func tables(_ key: String) throws(ProfileError) -> [TableReader]? {
    guard let value = value(key) else { return nil }
    guard case .array(let elements) = value.content else {
      throw Self.mistake(file, value, "'\(key)' is written '[[\(key)]]', once for each")
    }
    var readers: [TableReader] = []
    for element in elements {
      readers.append(try TableReader(element, named: key, file: file))
    }
    return readers
  }

  mutating func string(_ key: String) throws(ProfileError) -> Placed<String>? {
    guard let value = value(key) else { return nil }
    return Placed(try string(value, key), value)
  }

  mutating func boolean(_ key: String) throws(ProfileError) -> Placed<Bool>? {
    guard let value = value(key) else { return nil }
    guard case .boolean(let flag) = value.content else {
      throw Self.mistake(file, value, "'\(key)' must be true or false, not \(value.kind)")
    }
    return Placed(flag, value)
  }

  mutating func strings(_ key: String) throws(ProfileError) -> Placed<[String]>? {
    guard let value = value(key) else { return nil }
    guard case .array(let elements) = value.content else {
      throw Self.mistake(file, value, "'\(key)' must be a list of strings, not \(value.kind)")
    }
    var strings: [String] = []
    for element in elements { strings.append(try string(element, key)) }
    return Placed(strings, value)
  }

  /// A list of words that must all be known, each read by `spelling` first.
  mutating func words(
    _ key: String, among known: [String], _ what: String,
    spelling: (String) -> String = { $0 }
  ) throws(ProfileError) -> Placed<[String]>? {
    guard let value = value(key) else { return nil }
    guard case .array(let elements) = value.content else {
      throw Self.mistake(file, value, "'\(key)' must be a list of strings, not \(value.kind)")
    }
    var words: [String] = []
    for element in elements {
      let written = try string(element, key)
      let word = spelling(written)
      guard known.contains(word) else {
        throw ProfileError(
          file: file, line: element.line, column: element.column,
          "'\(written)' is no \(what)", suggestion: Nearest.to(word, among: known))
      }
      words.append(word)
    }
    return Placed(words, value)
  }

  /// A string, or a list of them.
  mutating func stringOrStrings(_ key: String) throws(ProfileError) -> Placed<[String]>? {
    guard let value = value(key) else { return nil }
    if case .string(let single) = value.content { return Placed([single], value) }
    rest.append((key, value))
    return try strings(key)
  }

  mutating func dictionary(_ key: String) throws(ProfileError) -> Placed<[String: String]>? {
    guard let value = value(key) else { return nil }
    guard case .table(let entries) = value.content else {
      throw Self.mistake(file, value, "'\(key)' must be a table of strings, not \(value.kind)")
    }
    var strings: [String: String] = [:]
    for (name, entry) in entries { strings[name] = try string(entry, name) }
    return Placed(strings, value)
  }

  mutating func ports(_ key: String) throws(ProfileError) -> Placed<[UInt16]>? {
    guard let value = value(key) else { return nil }
    guard case .array(let elements) = value.content else {
      throw Self.mistake(file, value, "'\(key)' must be a list of ports, not \(value.kind)")
    }
    var ports: [UInt16] = []
    for element in elements {
      guard case .integer(let number) = element.content, let port = UInt16(exactly: number),
        port > 0
      else { throw Self.mistake(file, element, "a port is a number from 1 to 65535") }
      ports.append(port)
    }
    return Placed(ports, value)
  }

  /// One of several words.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String)
    throws(ProfileError) -> Placed<Choice>? where Choice.RawValue == String
  {
    guard let found = try string(key) else { return nil }
    if let choice = Choice(rawValue: found.value) { return found.map { _ in choice } }
    let words = Choice.allCases.map(\.rawValue)
    throw ProfileError(
      file: file, line: found.line, column: found.column,
      "'\(found.value)' is no '\(key)'; it is one of \(words.joined(separator: ", "))",
      suggestion: Nearest.to(found.value, among: words))
  }

  /// A number, or a string that `read` understands.
  mutating func amount(
    _ key: String, _ example: String, _ read: (String) -> UInt64?
  ) throws(ProfileError) -> Placed<UInt64>? {
    guard let value = value(key) else { return nil }
    switch value.content {
    case .integer(let number):
      if let amount = UInt64(exactly: number) { return Placed(amount, value) }
    case .string(let text): if let amount = read(text) { return Placed(amount, value) }
    default: break
    }
    throw Self.mistake(file, value, "'\(key)' must be \(example), not \(value.kind)")
  }

  /// A number of processors, as 2, 1.5 or "1.5"; in thousandths.
  mutating func processors(_ key: String) throws(ProfileError) -> Placed<UInt64>? {
    guard let value = value(key) else { return nil }
    let text: String? =
      switch value.content {
      case .integer(let number): String(number)
      case .string(let text), .other(let text): text
      default: nil
      }
    guard let amount = text.flatMap(Amount.processors) else {
      throw Self.mistake(file, value, "'\(key)' must be a number of processors like 1.5")
    }
    return Placed(amount, value)
  }

  private func string(_ value: TomlValue, _ key: String) throws(ProfileError) -> String {
    guard case .string(let text) = value.content else {
      throw Self.mistake(file, value, "'\(key)' must be a string, not \(value.kind)")
    }
    if text.utf8.contains(0) { throw Self.mistake(file, value, "'\(key)' holds a NUL byte") }
    return text
  }

  private static func mistake(_ file: String, _ at: TomlValue, _ sentence: String) -> ProfileError {
    ProfileError(file: file, line: at.line, column: at.column, sentence)
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
