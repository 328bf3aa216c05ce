import Linux

/// Why a hunk that somebody edited can't be taken.
package struct PieceError: Error, CustomStringConvertible, Equatable {
  package let description: String

  /// A sentence that says why.
  package init(_ description: String) { self.description = description }
}

extension Piece {
  /// The hunk as lines that a person edits.
  package var text: [UInt8] {
    header
      + hunk.lines.flatMap { line in
        line.mark == Hunk.Line.noNewline ? Array(line.bytes) : [line.mark] + line.bytes
      }
  }

  /// The piece that an edited text says, or nil where nothing is left of it.
  ///
  /// Lines that begin with '#' don't count. What the text says of old lines must be what `old` has
  /// in their place: only then it can be said what comes of them.
  package func edited(_ text: [UInt8], old: [[UInt8]]) throws -> Piece? {
    let lines = try Self.lines(of: text)
    guard lines.contains(where: { $0.mark != Hunk.Line.context }) else { return nil }
    let piece = Piece(oldStart: oldStart, newStart: newStart, lines: lines, heading: heading)
    let range = oldStart..<(oldStart + piece.oldLines.count)
    guard range.upperBound <= old.count, piece.oldLines.elementsEqual(old[range]) else {
      throw PieceError(
        "the lines with ' ' and '-' are no longer those of the file: "
          + "to keep a line, turn its '-' into ' '; to leave one out, delete its line with '+'")
    }
    let ends = lines.indices.filter { lines[$0].bytes.last != 0x0A }
    let isLast = ends.allSatisfy { index in
      lines[(index + 1)...].allSatisfy {
        $0.mark != lines[index].mark && $0.mark != Hunk.Line.context
      }
        && (lines[index].mark == Hunk.Line.deleted || range.upperBound == old.count)
    }
    guard isLast else {
      throw PieceError("only the last line of a file can be without a newline")
    }
    return piece
  }

  private static func lines(of text: [UInt8]) throws -> [Hunk.Line] {
    var lines: [Hunk.Line] = []
    for line in text.lines {
      switch line.first {
      case UInt8(ascii: "#"), UInt8(ascii: "@"): continue
      case Hunk.Line.noNewline:
        guard let last = lines.popLast() else { continue }
        lines.append(Hunk.Line(mark: last.mark, bytes: last.bytes.dropLast()))
      // Some editors strip the blank of an empty context line.
      case 0x0A: lines.append(Hunk.Line(mark: Hunk.Line.context, bytes: [0x0A]))
      case let mark? where [Hunk.Line.context, Hunk.Line.added, Hunk.Line.deleted].contains(mark):
        let body = Array(line.dropFirst())
        lines.append(Hunk.Line(mark: mark, bytes: body.last == 0x0A ? body : body + [0x0A]))
      default:
        let shown = ByteString(line.filter { $0 != 0x0A }).printable
        throw PieceError(
          "a line begins with none of ' ', '+', '-' and '#': '\(shown)'")
      }
    }
    return lines
  }
}

extension [UInt8] {
  /// The lines with their newlines; the last may have none.
  package var lines: [[UInt8]] {
    var found: [[UInt8]] = []
    var rest = self[...]
    while let end = rest.firstIndex(of: 0x0A) {
      found.append(Array(rest[...end]))
      rest = rest[(end + 1)...]
    }
    if !rest.isEmpty { found.append(Array(rest)) }
    return found
  }
}
