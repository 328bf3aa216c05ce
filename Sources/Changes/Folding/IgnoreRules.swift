import Linux

/// Which paths the project's `.gitignore` files and `info/exclude` leave out.
///
/// They are the project's own, not the session's: a session can't hide what it made. The user's
/// own list (core.excludesFile) is configuration, which is not read.
package final class IgnoreRules {
  /// One line.
  private struct Rule {
    let pattern: [UInt8]
    let isExcluding: Bool
    let isForDirectories: Bool
    /// Whether the pattern speaks of the path rather than of the last name.
    let isAnchored: Bool
  }

  private let lower: LowerTree
  private let everywhere: [Rule]
  private var known: [ByteString: [Rule]] = [:]
  private var directories: [ByteString: Bool] = [:]

  /// The rules of a tree, and those of its repository's `info/exclude`.
  package init(_ lower: LowerTree, exclude: [UInt8]) {
    self.lower = lower
    everywhere = Self.rules(exclude)
  }

  /// Whether a file, or a directory above it, is left out.
  package func leavesOut(_ path: ByteString) throws -> Bool {
    if try ignoredDirectory(above: path) != nil { return true }
    return try decides(path, isDirectory: false)
  }

  /// The topmost directory above a path that is left out with all that is in it.
  package func ignoredDirectory(above path: ByteString) throws -> ByteString? {
    var above = ByteString([])
    for part in path.components.dropLast() {
      above = above.appending(part)
      let isIgnored = try directories[above] ?? decides(above, isDirectory: true)
      directories[above] = isIgnored
      if isIgnored { return above }
    }
    return nil
  }

  /// The last rule that matches decides; those of a deeper directory come later.
  private func decides(_ path: ByteString, isDirectory: Bool) throws -> Bool {
    var directory = path.parent
    while true {
      let rest = path.relative(to: directory)
      if let verdict = Self.verdict(try rules(of: directory), rest, isDirectory) { return verdict }
      if directory.isEmpty { break }
      directory = directory.parent
    }
    return Self.verdict(everywhere, path, isDirectory) ?? false
  }

  private static func verdict(_ rules: [Rule], _ path: ByteString, _ isDirectory: Bool) -> Bool? {
    rules.last { rule in
      (isDirectory || !rule.isForDirectories)
        && matches(rule.pattern[...], (rule.isAnchored ? path : path.lastComponent).bytes[...])
    }?.isExcluding
  }

  private func rules(of directory: ByteString) throws -> [Rule] {
    if let rules = known[directory] { return rules }
    let path = directory.appending(".gitignore")
    var rules: [Rule] = []
    if let status = try lower.status(path), status.kind == .regular, status.size < 1 << 24 {
      let file = try lower.open(path)
      rules = Self.rules(
        try attempt("read", path) { () throws(Errno) in
          try file.borrowed.readAll(limit: 1 << 24)
        })
    }
    known[directory] = rules
    return rules
  }

  private static func rules(_ text: [UInt8]) -> [Rule] {
    text.split(separator: 0x0A).compactMap { rule($0) }
  }

  private static func rule(_ line: ArraySlice<UInt8>) -> Rule? {
    var pattern = line
    while pattern.last == 0x20, pattern.dropLast().last != UInt8(ascii: "\\") {
      pattern = pattern.dropLast()
    }
    guard let first = pattern.first, first != UInt8(ascii: "#") else { return nil }
    let isExcluding = first != UInt8(ascii: "!")
    if !isExcluding { pattern = pattern.dropFirst() }
    let isForDirectories = pattern.last == UInt8(ascii: "/")
    if isForDirectories { pattern = pattern.dropLast() }
    let isAnchored = pattern.contains(UInt8(ascii: "/"))
    if pattern.first == UInt8(ascii: "/") { pattern = pattern.dropFirst() }
    if pattern.isEmpty { return nil }
    return Rule(
      pattern: Array(pattern), isExcluding: isExcluding, isForDirectories: isForDirectories,
      isAnchored: isAnchored)
  }

  /// Whether a pattern of gitignore(5) matches the whole text.
  package static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let slash = UInt8(ascii: "/")
    if pattern.elementsEqual("**".utf8) { return !text.isEmpty }
    if pattern.starts(with: "**/".utf8) {
      let rest = pattern.dropFirst(3)
      if matches(rest, text) { return true }
      return text.indices.contains { text[$0] == slash && matches(rest, text[($0 + 1)...]) }
    }
    if pattern.starts(with: "/**/".utf8) {
      return text.first == slash && matches(pattern.dropFirst(), text.dropFirst())
    }
    switch first {
    case UInt8(ascii: "*"):
      let rest = pattern.drop { $0 == first }
      let reach = text.prefix { $0 != slash }.endIndex
      return (text.startIndex...reach).contains { matches(rest, text[$0...]) }
    case UInt8(ascii: "?"):
      return !text.isEmpty && text.first != slash && matches(pattern.dropFirst(), text.dropFirst())
    case UInt8(ascii: "["):
      guard let byte = text.first, byte != slash, let (holds, rest) = set(pattern, holds: byte)
      else { return false }
      return holds && matches(rest, text.dropFirst())
    default:
      let literal = first == UInt8(ascii: "\\") ? pattern.dropFirst() : pattern
      guard let wanted = literal.first, wanted == text.first else { return false }
      return matches(literal.dropFirst(), text.dropFirst())
    }
  }

  /// Whether a set in brackets holds a byte, and what is behind it; nil where it never ends.
  private static func set(_ pattern: ArraySlice<UInt8>, holds byte: UInt8) -> (
    Bool, ArraySlice<UInt8>
  )? {
    var rest = pattern.dropFirst()
    let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
    if isNegated { rest = rest.dropFirst() }
    var (isFirst, holds) = (true, false)
    while let low = rest.first, isFirst || low != UInt8(ascii: "]") {
      isFirst = false
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-"), let high = rest.dropFirst().first,
        high != UInt8(ascii: "]")
      {
        holds = holds || (low...max(low, high)).contains(byte)
        rest = rest.dropFirst(2)
      } else {
        holds = holds || low == byte
      }
    }
    return rest.isEmpty ? nil : (holds != isNegated, rest.dropFirst())
  }
}
