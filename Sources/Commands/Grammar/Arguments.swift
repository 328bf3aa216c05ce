import Linux

/// What a command line said, after the parser has checked it against the table.
struct Arguments: Sendable {
  private(set) var values: [String: [ByteString]] = [:]
  private(set) var operands: [ByteString] = []

  /// Whether an option was given.
  func has(_ name: String) -> Bool { values[name] != nil }

  /// The last value of an option, as bytes.
  func bytes(_ name: String) -> ByteString? { values[name]?.last }

  /// All values of an option that repeats.
  func all(_ name: String) -> [ByteString] { values[name] ?? [] }

  /// The last value of an option that must be text.
  func text(_ name: String) throws -> String? {
    guard let bytes = bytes(name) else { return nil }
    guard let text = bytes.string else {
      throw Failure.usage("the value of '--\(name)' is no UTF-8: '\(bytes.printable)'")
    }
    return text
  }

  /// The last value of an option that must be a whole number within a range.
  func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = try text(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Failure.usage(
        "'--\(name) \(ByteString(text).printable)' is no number from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return number
  }

  mutating func add(_ name: String, _ value: ByteString) { values[name, default: []].append(value) }
  mutating func add(operand: ByteString) { operands.append(operand) }
}
