import Linux

/// Where a rendering goes: collected here, handed on in large pieces.
package final class TextSink {
  private var pending: [UInt8] = []
  private let take: ([UInt8]) throws -> Void

  /// A sink that hands what it has to `take`; call `finish()` at the end.
  package init(_ take: @escaping ([UInt8]) throws -> Void) { self.take = take }

  /// A sink that writes to a file, pipe or terminal.
  package convenience init(_ file: Descriptor) {
    self.init { bytes in
      try attempt("write the output") { () throws(Errno) in try file.write(bytes) }
    }
  }

  /// Adds text.
  package func write(_ text: String) throws {
    pending.append(contentsOf: text.utf8)
    try passOn()
  }

  /// Adds bytes.
  package func write(_ bytes: [UInt8]) throws {
    pending.append(contentsOf: bytes)
    try passOn()
  }

  private func passOn() throws {
    if pending.count >= 1 << 16 { try finish() }
  }

  /// Hands on what is left.
  package func finish() throws {
    if !pending.isEmpty { try take(pending) }
    pending.removeAll(keepingCapacity: true)
  }
}

/// How a rendering speaks: to a terminal, or to a program.
package struct RenderingStyle: Sendable {
  /// Whether there are colours.
  package var isColored: Bool
  /// Whether what a terminal would obey is shown instead.
  package var isEscaped: Bool

  /// A style by its two switches.
  package init(isColored: Bool = false, isEscaped: Bool = false) {
    self.isColored = isColored
    self.isEscaped = isEscaped
  }

  enum Color: String {
    case header = "1"
    case hunk = "36"
    case added = "32"
    case deleted = "31"
    case note = "33"
  }

  func paint(_ text: [UInt8], _ color: Color) -> [UInt8] {
    guard isColored else { return text }
    var body = text
    let isEnded = body.last == 0x0A
    if isEnded { body.removeLast() }
    return Array("\u{1B}[\(color.rawValue)m".utf8) + body + Array("\u{1B}[m".utf8)
      + (isEnded ? [0x0A] : [])
  }

  func paint(_ text: String, _ color: Color) -> String {
    String(decoding: paint(Array(text.utf8), color), as: UTF8.self)
  }

  /// A line that stands out from the rest.
  package func note(_ text: String) -> String { paint(text, .note) }

  /// Any text, line by line.
  package func shown(text: [UInt8]) -> [UInt8] {
    isEscaped ? text.lines.flatMap { shown($0) } : text
  }

  /// A line of content; tabs and the newline at the end stay.
  package func shown(_ line: [UInt8]) -> [UInt8] {
    guard isEscaped, line.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return line }
    var body = line[...]
    let isEnded = body.last == 0x0A
    if isEnded { body = body.dropLast() }
    let parts = body.split(separator: 0x09, omittingEmptySubsequences: false)
    var shown = Array(parts.map { ByteString($0).printable }.joined(separator: "\t").utf8)
    if isEnded { shown.append(0x0A) }
    return shown
  }
}

extension RenderingStyle {
  /// Writes a hunk with its header.
  package func write(_ hunk: Hunk, to sink: TextSink) throws {
    try sink.write(paint(shown(hunk.header), .hunk))
    for line in hunk.lines {
      switch line.mark {
      case Hunk.Line.added: try sink.write(paint([line.mark] + shown(line.bytes), .added))
      case Hunk.Line.deleted: try sink.write(paint([line.mark] + shown(line.bytes), .deleted))
      case Hunk.Line.noNewline: try sink.write(line.bytes)
      default: try sink.write([line.mark] + shown(line.bytes))
      }
    }
  }
}
