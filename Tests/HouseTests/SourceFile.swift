import Harness
import Linux

/// One file of the sources, in lines.
struct SourceFile: Sendable, CustomStringConvertible {
  let path: String
  let lines: [Substring]

  var description: String { path }
  /// The target it belongs to.
  var room: String { String(path.split(separator: "/")[0]) }

  /// All Swift files below `Sources` or `Tests`, read once for all tests.
  static func all(below folder: String = "Sources") throws -> [SourceFile] {
    try (folder == "Sources" ? sources : tests).get()
  }

  private static let sources = Result { try read(below: "Sources") }
  private static let tests = Result { try read(below: "Tests") }

  private static func read(below folder: String) throws -> [SourceFile] {
    let top = try Descriptor.currentDirectory.open(
      ByteString(Playground.source + "/" + folder), [.directory])
    return try find(in: top.borrowed, at: "")
  }

  private static func find(in directory: Descriptor, at path: ByteString) throws -> [SourceFile] {
    var found: [SourceFile] = []
    for name in try directory.entryNames() {
      let inner = path.appending(name)
      if try directory.status(of: name).kind == .directory {
        let opened = try directory.open(name, [.directory])
        found += try find(in: opened.borrowed, at: inner)
      } else if inner.printable.hasSuffix(".swift") {
        let file = try directory.open(name, [])
        let text = String(decoding: try file.borrowed.readAll(limit: 1 << 24), as: UTF8.self)
        found.append(
          SourceFile(
            path: inner.printable,
            lines: text.split(separator: "\n", omittingEmptySubsequences: false)))
      }
    }
    return found
  }

  /// The modules that are imported, without their parts.
  var imports: [String] {
    lines.compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
        words[..<place].allSatisfy({ $0.hasPrefix("@") || $0 == "package" })
      else { return nil }
      return String(words[place + 1].split(separator: ".")[0])
    }
  }

  /// Functions with the line they begin at and how many lines they have.
  var functions: [(name: Substring, line: Int, count: Int)] {
    var found: [(Substring, Int, Int)] = []
    for (index, line) in lines.enumerated() {
      let text = line.drop { $0 == " " }
      let words = text.prefix { $0 != "(" && $0 != "{" }.split(separator: " ")
      let isOne =
        words.contains("func") || words.contains { $0 == "init" || $0 == "init?" || $0 == "deinit" }
      guard isOne, !text.hasPrefix("//"), !text.hasSuffix("}") else { continue }
      let margin = line.prefix { $0 == " " }
      // Formatted code closes a body at the margin of its first line.
      guard let end = lines[(index + 1)...].firstIndex(of: margin + "}") else { continue }
      found.append((text, index + 1, end - index + 1))
    }
    return found
  }
}
