import CToml
import Linux

/// A value of a TOML document and where it stands.
struct TomlValue {
  indirect enum Content {
    case table([(key: String, value: TomlValue)])
    case array([TomlValue])
    case string(String)
    case integer(Int64)
    case boolean(Bool)
    /// A float or a date, which no key of a profile takes.
    case other(String)
  }

  let content: Content
  let line: Int
  let column: Int

  /// What kind of value it is, for sentences.
  var kind: String {
    switch content {
    case .table: "a table"
    case .array: "a list"
    case .string: "a string"
    case .integer: "a whole number"
    case .boolean: "true or false"
    case .other(let text): "'\(text)'"
    }
  }
}

extension TomlValue {
  /// Reads a document; its content is a table.
  static func parse(_ text: [UInt8], file: String) throws(ProfileError) -> TomlValue {
    let parsed = text.withUnsafeBytes {
      cl_toml_parse($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard let parsed else { throw ProfileError(file: file, "out of memory") }
    defer { cl_toml_free(parsed) }
    let document = parsed.pointee
    if let failure = document.failure {
      throw ProfileError(
        file: file, line: Int(document.line), column: Int(document.column),
        sentence(String(cString: failure)))
    }
    var rest = UnsafeBufferPointer(start: document.nodes, count: document.count)[...]
    guard let value = take(&rest) else { throw ProfileError(file: file, "the file is empty") }
    return value.1
  }

  /// Takes the first node of a flat list and all that it holds.
  private static func take(_ rest: inout Slice<UnsafeBufferPointer<cl_toml_node>>) -> (
    String, TomlValue
  )? {
    guard let node = rest.popFirst() else { return nil }
    var inner: [(String, TomlValue)] = []
    while let next = rest.first, next.depth > node.depth, let value = take(&rest) {
      inner.append(value)
    }
    let text = string(node.text, node.text_length)
    let content: Content =
      switch node.kind {
      case cl_toml_table: .table(inner.map { (key: $0.0, value: $0.1) })
      case cl_toml_array: .array(inner.map(\.1))
      case cl_toml_string: .string(text)
      case cl_toml_integer: .integer(Int64(text) ?? 0)
      case cl_toml_boolean: .boolean(text == "true")
      default: .other(text)
      }
    let value = TomlValue(content: content, line: Int(node.line), column: Int(node.column))
    return (string(node.key, node.key_length), value)
  }

  private static func string(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// toml++'s words begin in capitals and end in a full stop; ours don't.
  private static func sentence(_ words: String) -> String {
    let trimmed = words.last == "." ? words.dropLast() : words[...]
    guard let first = trimmed.first else { return "not a TOML file" }
    return first.lowercased() + trimmed.dropFirst()
  }
}
