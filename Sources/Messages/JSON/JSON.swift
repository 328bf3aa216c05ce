import Linux

/// A JSON value: what the control protocol and `--json` say.
///
/// Ours, because Foundation costs more at start-up than a whole `cowbox run -- true`.
package enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([JSON])
  /// Members in the order they were given.
  case object([Member])

  /// One name of an object and its value.
  package struct Member: Equatable, Sendable {
    package let name: String
    package let value: JSON

    /// A member by its parts.
    package init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }
}

extension JSON: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}

extension JSON: ExpressibleByArrayLiteral {
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
}

extension JSON: ExpressibleByStringLiteral {
  package init(stringLiteral value: String) { self = .string(value) }
}

extension JSON: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int64) { self = .int(value) }
}

extension JSON: ExpressibleByBooleanLiteral {
  package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSON {
  /// The member of that name, or nil when this is no object or has none.
  package subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The object without the members that are null, which mean what is left out.
  package var withoutNulls: JSON {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { $0.value != .null })
  }

  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var int: Int64? { if case .int(let value) = self { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }

  /// Bytes that need be no UTF-8: a string where they are, else `{"base64": "..."}`.
  package init(_ bytes: ByteString) {
    if let string = bytes.string {
      self = .string(string)
    } else {
      self = ["base64": .string(Base64.encode(bytes.bytes))]
    }
  }

  /// What a file or a pipe holds: a string where it is text, else `{"base64": "..."}`.
  ///
  /// A NUL is no text: written as one, each would take six characters.
  package init(content bytes: [UInt8]) {
    if !bytes.contains(0), let string = String(validating: bytes, as: UTF8.self) {
      self = .string(string)
    } else {
      self = ["base64": .string(Base64.encode(bytes))]
    }
  }

  /// The bytes that `init(_: ByteString)` and `init(content:)` wrote.
  package var byteString: ByteString? {
    if let string { return ByteString(string) }
    guard let text = self["base64"]?.string else { return nil }
    return Base64.decode(text).map { ByteString($0) }
  }

  /// The value, or null for nil.
  package static func optional<Value>(_ value: Value?, _ wrap: (Value) -> JSON) -> JSON {
    value.map(wrap) ?? .null
  }
}
