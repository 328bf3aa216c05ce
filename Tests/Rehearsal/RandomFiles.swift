import Linux

/// Names and contents of all the sorts that a patch must be able to say.
struct RandomFiles {
  private(set) var numbers: RandomNumbers

  init(_ numbers: RandomNumbers) { self.numbers = numbers }

  mutating func next(_ bound: Int) -> Int { numbers.next(bound) }

  mutating func pick<Element>(_ elements: [Element]) -> Element? { numbers.pick(elements) }

  private static let names = [
    "a", "b", "src", "lib", "deep", "a.txt", "b.c", "na me", " lead", "trail ", "q\"uote",
    "'single'", "tab\tname", "new\nline", "back\\slash", "\u{e9}t\u{e9}", "\u{65e5}\u{672c}",
    "-dash", "a => b", "{x}", "x~", ".hidden", "dev", "null", "\u{1B}[31mred", "A", "index", "*",
    "a b\tc",
  ]

  mutating func name() -> String { pick(Self.names) ?? "a" }

  /// Where a symlink leads; never to itself: git apply can't look through one that does, whatever
  /// the patch says of it.
  mutating func target() -> String {
    pick(["nowhere", "../a", "/etc/passwd", "no\nwhere", "a  b", "none/deep", "\u{e9}", "."]) ?? ""
  }

  mutating func mode() -> UInt16 { pick([0o644, 0o644, 0o755, 0o600, 0o711, 0o664]) ?? 0o644 }

  /// A content of a new file.
  mutating func content() -> [UInt8] {
    switch next(11) {
    case 0: return []
    case 1: return [0x0A]
    case 2: return lines(next(8) + 1, end: "\r\n")
    case 3: return Array(lines(next(8) + 1, end: "\n").dropLast())
    case 4: return bytes(next(300) + 1)
    case 5: return bytes(40_000 + next(60_000))
    case 6: return lines(150 + next(150), end: "\n")
    case 7: return Array(repeating: UInt8(ascii: "x"), count: 9000) + [0x0A]
    case 8: return [0xE9, 0xFF, 0x0A, 0xC3, 0x28, 0x0A]
    default: return lines(next(30) + 1, end: "\n")
    }
  }

  /// The same content, changed here and there.
  mutating func edited(_ content: [UInt8]) -> [UInt8] {
    if content.isEmpty || next(8) == 0 { return self.content() }
    if content.contains(0) {
      var changed = content
      for _ in 0...next(4) { changed[next(changed.count)] = UInt8(next(256)) }
      return next(2) == 0 ? changed : changed + bytes(next(50) + 1)
    }
    var parts = content.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    for _ in 0...next(4) {
      let place = next(parts.count)
      switch next(5) {
      case 0: if parts.count > 1 { parts.remove(at: place) }
      case 1: parts[place] = line()
      case 2: parts.swapAt(place, next(parts.count))
      case 3: parts[place] += [0x20]
      default: parts.insert(line(), at: place)
      }
    }
    let changed = Array(parts.joined(separator: [0x0A]))
    return next(10) == 0 ? Array(changed.dropLast()) : changed
  }

  private mutating func lines(_ count: Int, end: String) -> [UInt8] {
    (0..<count).flatMap { _ in line() + end.utf8 }
  }

  private static let strange = [
    "--- a/x", "+++ b/x", "@@ -1,2 +1,2 @@", "diff --git a/a b/a", "-- ",
    "\\ No newline at end of file", "GIT binary patch", "rename from a", "", "", "\t",
    "  trailing  ", "# a comment", "\u{c}", "}",
    "int main(void) {", "index 0000000..1111111",
  ]

  private mutating func line() -> [UInt8] {
    if next(3) == 0 { return Array((pick(Self.strange) ?? "").utf8) }
    return Array("line \(next(12))\(next(4) == 0 ? " and more" : "")".utf8)
  }

  private mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { $0 % 50 == 7 ? 0 : UInt8(next(256)) }
  }
}
