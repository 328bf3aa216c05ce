import Linux

/// What "~" and "$NAME" in the paths of a profile stand for.
package struct PathVariables: Sendable {
  package let home: ByteString?
  /// The environment of the caller, "NAME=value" each.
  package let environment: [ByteString]

  /// The caller's home and environment.
  package init(home: ByteString?, environment: [ByteString]) {
    self.home = home
    self.environment = environment
  }

  /// The absolute path that is meant, or nil where a variable in it is unset.
  package func expand(_ text: String) -> ByteString? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    if rest.first == UInt8(ascii: "~"), rest.count == 1 || rest.dropFirst().first == 0x2F {
      guard let home else { return nil }
      bytes = home.bytes
      rest = rest.dropFirst()
    }
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "$") else {
        bytes.append(byte)
        continue
      }
      let name = rest.prefix(while: Self.mayBeInName)
      guard let value = value(of: name) else { return nil }
      bytes += value
      rest = rest.dropFirst(name.count)
    }
    guard bytes.first == 0x2F else { return nil }
    return Self.normalised(bytes)
  }

  private static func mayBeInName(_ byte: UInt8) -> Bool {
    byte == 0x5F || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
  }

  private func value(of name: ArraySlice<UInt8>) -> [UInt8]? {
    let prefix = Array(name) + [UInt8(ascii: "=")]
    guard let line = environment.first(where: { $0.bytes.starts(with: prefix) }) else { return nil }
    return line.count == prefix.count ? nil : Array(line.bytes[prefix.count...])
  }

  /// The path without doubled slashes, "." and a slash at the end; ".." stays for the kernel.
  private static func normalised(_ bytes: [UInt8]) -> ByteString {
    let parts = bytes.split(separator: 0x2F).filter { $0 != [0x2E] }
    return ByteString([0x2F] + Array(parts.joined(separator: [0x2F])))
  }
}

extension EnvironmentRules {
  /// The environment that a command gets of the caller's, "NAME=value" each, sorted.
  package func curate(_ environment: [ByteString]) -> [ByteString] {
    var kept: [ByteString] = environment.filter { line in
      guard let name = line.bytes.split(separator: 0x3D, maxSplits: 1).first else { return false }
      let text = String(decoding: name, as: UTF8.self)
      return set[text] == nil && pass.contains { Self.matches(text, $0) }
        && !deny.contains { Self.matches(text, $0) }
    }
    kept += set.map { ByteString("\($0.key)=\($0.value)") }
    return kept.sorted()
  }

  /// Whether a pattern with "*" at its ends means a name.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    let (open, close) = (pattern.hasPrefix("*"), pattern.hasSuffix("*"))
    switch (open, close, pattern.count > 1) {
    case (_, _, false) where open: return true
    case (true, true, _): return name.contains(pattern.dropFirst().dropLast())
    case (true, false, _): return name.hasSuffix(pattern.dropFirst())
    case (false, true, _): return name.hasPrefix(pattern.dropLast())
    default: return name == pattern
    }
  }
}
