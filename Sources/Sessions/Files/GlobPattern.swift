import Linux

/// A pattern for paths: `*`, `?` and `[...]` within a name, `**` over directories, `{a,b}`.
struct GlobPattern {
  /// The parts between slashes, of each alternative.
  private let alternatives: [[ByteString]]
  private let hiddenToo: Bool

  /// A pattern; one without a slash means a name anywhere.
  init(_ pattern: ByteString, hiddenToo: Bool) {
    self.hiddenToo = hiddenToo
    alternatives = Self.expanded(pattern.bytes).map { bytes in
      let parts = ByteString(bytes).components.filter { $0 != "." }
      return parts.count == 1 && !bytes.contains(UInt8(ascii: "/")) ? ["**"] + parts : parts
    }
  }

  func matches(_ path: ByteString) -> Bool {
    let parts = path.components[...]
    return alternatives.contains { matches($0[...], parts) }
  }

  private func matches(_ pattern: ArraySlice<ByteString>, _ path: ArraySlice<ByteString>) -> Bool {
    guard let first = pattern.first else { return path.isEmpty }
    if first == "**" {
      let rest = pattern.dropFirst()
      if rest.isEmpty { return !path.isEmpty }
      return path.indices.contains { matches(rest, path[$0...]) }
    }
    guard let name = path.first else { return false }
    return name.matches(shellPattern: first, hiddenToo: hiddenToo)
      && matches(pattern.dropFirst(), path.dropFirst())
  }

  /// The most alternatives that braces may mean together.
  private static let most = 1000

  /// `a{b,c}d` as `abd` and `acd`; a brace without an end stands for itself.
  private static func expanded(_ bytes: [UInt8]) -> [[UInt8]] {
    guard let (open, commas, close) = firstBraces(bytes) else { return [bytes] }
    let tails = expanded(Array(bytes[(close + 1)...]))
    var made: [[UInt8]] = []
    var start = open + 1
    for end in commas + [close] {
      for middle in expanded(Array(bytes[start..<end])) {
        for tail in tails where made.count < most { made.append(bytes[..<open] + middle + tail) }
      }
      start = end + 1
    }
    return made
  }

  private static func firstBraces(_ bytes: [UInt8]) -> (open: Int, commas: [Int], close: Int)? {
    guard let open = bytes.firstIndex(of: UInt8(ascii: "{")) else { return nil }
    var (depth, commas): (Int, [Int]) = (0, [])
    for place in open..<bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ",") where depth == 1: commas.append(place)
      case UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return commas.isEmpty ? nil : (open, commas, place) }
      default: break
      }
    }
    return nil
  }
}
