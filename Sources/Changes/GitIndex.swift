import Linux

/// What the index of a git repository says: which content, mode and stage stands at each path.
///
/// Beside that an index holds what git remembers of the files, so as not to read them again. 'git
/// status' and every editor that asks it write that anew without having changed anything.
package struct GitIndex: Equatable {
  /// For each entry its mode, its object, its flags, and its path with a NUL behind it.
  private let entries: [[UInt8]]

  private static let headLength = 12
  /// Where a fixed part ends, before flags that only a newer version has.
  private static let fixedLength = 62
  private static let hashLength = 20

  /// Reads an index; nil where it is none, or of a form that is not known in full.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.headLength + Self.hashLength, bytes.starts(with: "DIRC".utf8) else {
      return nil
    }
    let content = bytes.dropLast(Self.hashLength)
    let (version, count) = (content.number(at: 4), content.number(at: 8))
    guard (2...4).contains(version) else { return nil }
    var at = Self.headLength
    var path: ArraySlice<UInt8> = []
    var found: [[UInt8]] = []
    for _ in 0..<count {
      guard let entry = Self.entry(content, &at, after: &path, version: version) else { return nil }
      found.append(entry)
    }
    guard Self.isPlain(content[at...]) else { return nil }
    entries = found
  }

  /// The SHA-256 of what the index says.
  package var digest: [UInt8] {
    var hash = SHA256()
    for entry in entries { hash.update(entry) }
    return hash.finish()
  }

  private static func entry(
    _ content: ArraySlice<UInt8>, _ at: inout Int, after path: inout ArraySlice<UInt8>, version: Int
  ) -> [UInt8]? {
    let start = at
    guard start + fixedLength < content.count else { return nil }
    let isLong = version > 2 && content[start + 60] & 0x40 != 0
    at = start + fixedLength + (isLong ? 2 : 0)
    let flags = content[(start + 60)..<min(at, content.count)]
    // Version 4 leaves out what a path shares with the one before.
    guard version < 4 || shorten(&path, content, &at) else { return nil }
    guard let end = content[min(at, content.count)...].firstIndex(of: 0) else { return nil }
    path = version < 4 ? content[at..<end] : path + content[at..<end]
    at = version < 4 ? start + (end - start) / 8 * 8 + 8 : end + 1
    guard at <= content.count else { return nil }
    return Array(content[(start + 24)..<(start + 28)]) + content[(start + 40)..<(start + 60)]
      + flags + path + [0]
  }

  /// Takes from the end of a path as many bytes as a number of variable length says.
  private static func shorten(
    _ path: inout ArraySlice<UInt8>, _ content: ArraySlice<UInt8>, _ at: inout Int
  ) -> Bool {
    var count = 0
    while at < content.count, count < 1 << 20 {
      let byte = content[at]
      at += 1
      count = count << 7 | Int(byte & 0x7F)
      if byte & 0x80 == 0 {
        guard count <= path.count else { return false }
        path = Array(path.dropLast(count))[...]
        return true
      }
      count += 1
    }
    return false
  }

  /// Whether what follows the entries is only what git may leave out: its name begins with a
  /// capital then.
  private static func isPlain(_ extensions: ArraySlice<UInt8>) -> Bool {
    var rest = extensions
    while !rest.isEmpty {
      guard rest.count >= 8, let first = rest.first, (0x41...0x5A).contains(first) else {
        return false
      }
      let size = rest.number(at: rest.startIndex + 4)
      guard rest.count >= 8 + size else { return false }
      rest = rest.dropFirst(8 + size)
    }
    return true
  }
}

extension ArraySlice<UInt8> {
  /// Four bytes, the highest first.
  fileprivate func number(at index: Int) -> Int {
    self[index..<(index + 4)].reduce(0) { $0 << 8 | Int($1) }
  }
}
