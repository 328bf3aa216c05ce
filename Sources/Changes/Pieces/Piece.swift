/// A hunk of a file's change that can be taken by itself.
package struct Piece: Sendable, Equatable {
  /// A run of old lines, and what stands in their place.
  struct Edit: Equatable {
    let old: Range<Int>
    let new: [[UInt8]]
  }

  /// How many lines of the old text are before this piece.
  package let oldStart: Int
  /// How many lines of the new text are before it, when all pieces are taken.
  package let newStart: Int
  /// Context, deleted and added lines, in order; a line without its newline ends the file.
  package let lines: [Hunk.Line]
  /// What git puts behind the second "@@": the function that the piece is in.
  package let heading: [UInt8]

  init(oldStart: Int, newStart: Int, lines: [Hunk.Line], heading: [UInt8]) {
    self.oldStart = oldStart
    self.newStart = newStart
    self.lines = lines
    self.heading = heading
  }

  /// The piece of a hunk; nil of one without a header that can be read.
  init?(_ hunk: Hunk) {
    guard let numbers = HunkNumbers(hunk.header) else { return nil }
    self.init(
      oldStart: numbers.oldStart, newStart: numbers.newStart,
      // Whether a line has a newline is told by its bytes.
      lines: hunk.lines.filter { $0.mark != Hunk.Line.noNewline }, heading: numbers.heading)
  }

  /// "@@ -1,2 +1,3 @@" with what git puts behind it, and the newline.
  package var header: [UInt8] {
    func range(_ start: Int, _ count: Int) -> String {
      let first = count == 0 ? start : start + 1
      return count == 1 ? "\(first)" : "\(first),\(count)"
    }
    let text =
      "@@ -\(range(oldStart, oldLines.count)) +\(range(newStart, newLines.count)) @@"
    return Array(text.utf8) + (heading.isEmpty ? [] : [0x20]) + heading + [0x0A]
  }

  /// The lines as a hunk, with git's word where the file ends without a newline.
  package var hunk: Hunk {
    var hunk = Hunk(header: header)
    for line in lines {
      hunk.lines.append(line)
      if line.bytes.last != 0x0A {
        hunk.lines.append(
          Hunk.Line(
            mark: Hunk.Line.noNewline, bytes: Array("\n\\ No newline at end of file\n".utf8)))
      }
    }
    return hunk
  }

  package var oldLines: [[UInt8]] {
    lines.filter { $0.mark != Hunk.Line.added }.map(\.bytes)
  }
  package var newLines: [[UInt8]] {
    lines.filter { $0.mark != Hunk.Line.deleted }.map(\.bytes)
  }

  /// What the piece does, without its context.
  var edits: [Edit] {
    var found: [Edit] = []
    var at = oldStart
    var (start, new) = (at, [[UInt8]]())
    func close(_ found: inout [Edit]) {
      if at > start || !new.isEmpty { found.append(Edit(old: start..<at, new: new)) }
    }
    for line in lines {
      switch line.mark {
      case Hunk.Line.added: new.append(line.bytes)
      case Hunk.Line.deleted: at += 1
      default:
        close(&found)
        at += 1
        (start, new) = (at, [])
      }
    }
    close(&found)
    return found
  }

  /// The smaller pieces that are between lines which stay; they share those, as git has it.
  package var split: [Piece] {
    var groups: [Range<Int>] = []
    for (index, line) in lines.enumerated() where line.mark != Hunk.Line.context {
      if let last = groups.last, last.upperBound == index {
        groups[groups.count - 1] = last.lowerBound..<(index + 1)
      } else {
        groups.append(index..<(index + 1))
      }
    }
    guard groups.count > 1 else { return [self] }
    return groups.indices.map { group in
      let from = group == 0 ? 0 : groups[group - 1].upperBound
      let until = group == groups.count - 1 ? lines.count : groups[group + 1].lowerBound
      let before = lines[..<from]
      return Piece(
        oldStart: oldStart + before.count { $0.mark != Hunk.Line.added },
        newStart: newStart + before.count { $0.mark != Hunk.Line.deleted },
        lines: Array(lines[from..<until]), heading: heading)
    }
  }
}

extension Hunk.Line {
  static let context = UInt8(ascii: " ")
  static let added = UInt8(ascii: "+")
  static let deleted = UInt8(ascii: "-")
  static let noNewline = UInt8(ascii: "\\")
}

/// What a hunk's header says.
struct HunkNumbers {
  let oldStart: Int
  let newStart: Int
  let heading: [UInt8]

  /// Reads "@@ -1,2 +1,3 @@ heading".
  init?(_ header: [UInt8]) {
    let words = header.split(separator: 0x20, maxSplits: 4, omittingEmptySubsequences: false)
    guard words.count >= 4, let old = Self.start(words[1], 0x2D),
      let new = Self.start(words[2], 0x2B)
    else { return nil }
    (oldStart, newStart) = (old, new)
    heading = words.count > 4 ? words[4].filter { $0 != 0x0A } : []
  }

  /// How many lines are before the range; "-3,0" stands behind line 3, "-3,1" on it.
  private static func start(_ word: ArraySlice<UInt8>, _ sign: UInt8) -> Int? {
    guard word.first == sign else { return nil }
    let numbers = String(decoding: word.dropFirst(), as: UTF8.self).split(separator: ",")
    guard let first = numbers.first.flatMap({ Int($0) }) else { return nil }
    let count = numbers.count > 1 ? Int(numbers[1]) : 1
    return count == 0 ? first : max(0, first - 1)
  }
}
