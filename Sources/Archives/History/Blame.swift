import Changes
import Linux
import Store

/// A text file's lines, each with the step that wrote it.
package struct Blame: Sendable {
  /// One line.
  package struct Line: Hashable, Sendable {
    /// Without its line's end.
    package let text: [UInt8]
    /// nil: the project had it before the session.
    package let step: StepID?
  }

  /// Why a file has no lines to tell of.
  package enum Failure: Error, CustomStringConvertible {
    case noFile(ByteString)
    case tooLarge(ByteString)
    case binary(ByteString)

    package var description: String {
      switch self {
      case .noFile(let path): "'\(path.printable)' is no regular file in the session"
      case .tooLarge(let path): "'\(path.printable)' is too large to tell who wrote each line"
      case .binary(let path): "'\(path.printable)' is binary"
      }
    }
  }

  package let lines: [Line]
  private static let largest: Int64 = 16 << 20

  /// Reads every version of a file and follows its lines from the first to the last.
  package init(_ reader: SessionReader, root: Root, path: ByteString, lower: Descriptor) throws {
    let files = LowerTree(lower)
    let contents = ContentReader(reader: reader, lower: files)
    guard try Self.item(reader.find(path, in: root), files) != nil else {
      throw Failure.noFile(path)
    }
    let history = try PathHistory(reader, root: root, path: path, lower: lower)
    var lines = try Self.original(reader, root, path, files, contents).map {
      Line(text: $0, step: nil)
    }
    for version in history.versions where version.kind != .attributes {
      guard let item = try Self.item(version.found, files) else {
        lines = []
        continue
      }
      let text = try Self.lines(of: item, contents, path)
      lines = Self.follow(lines, into: text, step: version.step.id)
    }
    self.lines = lines
  }

  /// What the project had when the session first wrote the file, where that was kept.
  private static func original(
    _ reader: SessionReader, _ root: Root, _ path: ByteString, _ files: LowerTree,
    _ contents: ContentReader
  ) throws -> [[UInt8]] {
    if let base = try reader.pins()[PinKey(root: root.id, path: path)]?.base {
      return split(
        try attempt("read kept content", path) { () throws(Errno) in
          let file = try reader.openBase(base)
          return try file.borrowed.readAll(limit: Int(largest))
        })
    }
    guard let item = try item(.lower(path), files) else { return [] }
    return try lines(of: item, contents, path)
  }

  private static func item(_ found: Whereabouts, _ files: LowerTree) throws -> ViewItem? {
    switch found {
    case .absent: return nil
    case .lower(let origin):
      guard let status = try files.status(origin), status.kind == .regular else { return nil }
      return ViewItem(path: origin, status: status, origin: origin)
    case .node(let node):
      return node.kind == .regular ? ViewItem(path: node.origin ?? "", node: node) : nil
    }
  }

  private static func lines(of item: ViewItem, _ contents: ContentReader, _ path: ByteString) throws
    -> [[UInt8]]
  {
    if item.size > largest { throw Failure.tooLarge(path) }
    let bytes = try contents.bytes(item.content, size: item.size)
    // As git has it: a NUL among the first 8,000 bytes makes a file binary.
    if bytes.prefix(8000).contains(0) { throw Failure.binary(path) }
    return split(bytes)
  }

  private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  /// The lines of a new version: what is kept keeps its step.
  static func follow(_ old: [Line], into text: [[UInt8]], step: StepID) -> [Line] {
    var found = old
    for change in text.difference(from: old.map(\.text)) {
      switch change {
      case .remove(let offset, _, _): found.remove(at: offset)
      case .insert(let offset, let line, _):
        found.insert(Line(text: line, step: step), at: offset)
      }
    }
    return found
  }
}
