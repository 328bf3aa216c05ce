import Harness
import Linux
import Rehearsal
import Testing

@testable import Changes

/// Whole functions around what differs, beside git's own.
@Suite struct FunctionContextTests {
  /// Texts of functions with blank and indented lines between them, changed at random.
  private struct Source {
    private var state: UInt64

    init(seed: UInt64) { state = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state >> 11) % bound
    }

    private mutating func line() -> String {
      [
        "int f\(next(4))(void)", "{", "}", "", "", " ", "\treturn \(next(3));",
        "  call(\(next(3)));", "// \(next(3))", "#define X", "_name:  ", "$x",
      ][next(12)] + (next(40) == 0 ? "\r" : "")
    }

    mutating func lines() -> [String] { (0..<next(40)).map { _ in line() } }

    mutating func changed(_ lines: [String]) -> [String] {
      var lines = lines
      for _ in 0...next(4) {
        let place = next(lines.count + 1)
        switch next(4) {
        case 0: if place < lines.count { lines.remove(at: place) }
        case 1: if place < lines.count { lines[place] = line() }
        case 2: lines.insert(contentsOf: self.lines().prefix(6), at: place)
        default: lines.insert(["", " "][next(2)], at: place)
        }
      }
      return lines
    }

    mutating func text(_ lines: [String]) -> String {
      lines.joined(separator: "\n") + (next(4) == 0 || lines.isEmpty ? "" : "\n")
    }
  }

  struct Way: CustomTestStringConvertible {
    let words: String
    var options = DiffOptions()
    var testDescription: String { words }

    init(_ words: String, _ change: (inout DiffOptions) -> Void) {
      self.words = words
      options.showsFunctions = true
      change(&options)
    }
  }

  private static let ways = [
    Way("-W") { _ in }, Way("-W -U0") { $0.contextLines = 0 },
    Way("-W -U1") { $0.contextLines = 1 },
    Way("-W --inter-hunk-context=4") { $0.interhunkLines = 4 },
    Way("-W --ignore-blank-lines") { $0.ignoresBlankLines = true },
    Way("-W -U0 --ignore-blank-lines") { ($0.ignoresBlankLines, $0.contextLines) = (true, 0) },
    Way("-W -w") { $0.ignoresAllSpace = true },
  ]

  @Test(arguments: ways) func `every hunk is git's own`(_ way: Way) throws {
    let count = 150
    var pairs: [(String, String)] = []
    for seed in 0..<count {
      var source = Source(seed: UInt64(seed))
      let old = source.lines()
      pairs.append((source.text(old), source.text(source.changed(old))))
    }
    let place = try Playground()
    for (index, pair) in pairs.enumerated() {
      for (name, text) in [("a", pair.0), ("b", pair.1)] {
        let file = try Descriptor.currentDirectory.open(
          ByteString("\(place.project)/\(name)\(index)"), [.writeOnly, .create], mode: 0o644)
        try file.borrowed.write(Array(text.utf8))
      }
    }
    let theirs = try place.shell(
      """
      for i in $(seq 0 \(count - 1)); do
        git diff --no-index \(way.words) a$i b$i | sed -n '/^@@/,$p'; printf '\\001'
      done
      """
    ).split(separator: "\u{1}", omittingEmptySubsequences: false)
    for (index, pair) in pairs.enumerated() {
      var ours = ""
      for hunk in try TextDiff(Array(pair.0.utf8), Array(pair.1.utf8), way.options).hunks {
        ours += String(decoding: hunk.header, as: UTF8.self)
        for line in hunk.lines {
          let mark = line.mark == Hunk.Line.noNewline ? "" : String(Unicode.Scalar(line.mark))
          ours += mark + String(decoding: line.bytes, as: UTF8.self)
        }
      }
      guard ours != theirs[index] else { continue }
      Issue.record("\(index):\n\(pair.0)\n--\n\(ours)\n-- git:\n\(theirs[index])")
      return
    }
  }
}
