import Linux

/// Hunks that reach over whole functions: git's --function-context, which libgit2 does not have.
///
/// Which lines belong to a hunk is what xdl_emit_diff and xdl_get_hunk of git's xdiff say.
struct FunctionContext {
  /// A run of old lines and the new ones in their place.
  struct Atom {
    let old: Range<Int>
    let new: Range<Int>
    /// Whether it alone would not be shown.
    var isIgnored = false
  }

  /// The lines of a hunk: from the first of some atoms to the last, and what surrounds them.
  private struct Extent {
    var first: Int
    var last: Int
    var old: Range<Int>
    var new: Range<Int>
  }

  private let old: [ArraySlice<UInt8>]
  private let new: [ArraySlice<UInt8>]
  private let atoms: [Atom]
  private let context: Int
  private let interhunk: Int

  /// Two texts, and in what they differ; the least of both contexts is as the options have it.
  init(_ old: [UInt8], _ new: [UInt8], _ atoms: [Atom], _ options: DiffOptions) {
    (self.old, self.new) = (Self.lines(of: old), Self.lines(of: new))
    self.atoms = atoms
    (context, interhunk) = (options.contextLines, options.interhunkLines)
  }

  private static func lines(of text: [UInt8]) -> [ArraySlice<UInt8>] {
    var (lines, start) = ([ArraySlice<UInt8>](), 0)
    for (index, byte) in text.enumerated() where byte == 0x0A {
      lines.append(text[start...index])
      start = index + 1
    }
    if start < text.count { lines.append(text[start...]) }
    return lines
  }

  /// The hunks, in order.
  var hunks: [Hunk] {
    var found: [Hunk] = []
    var (next, heading, searched) = (0, [UInt8](), -1)
    while let extent = extent(from: next) {
      let before = extent.old.lowerBound - 1
      if let line = functionLine(from: before, to: searched) { heading = Self.heading(old[line]) }
      searched = before
      found.append(
        Piece(
          oldStart: extent.old.lowerBound, newStart: extent.new.lowerBound,
          lines: lines(of: extent), heading: heading
        ).hunk)
      next = extent.last + 1
    }
    return found
  }

  private func lines(of extent: Extent) -> [Hunk.Line] {
    var lines: [Hunk.Line] = []
    func add(_ mark: UInt8, _ range: Range<Int>, of text: [ArraySlice<UInt8>]) {
      lines += text[range].map { Hunk.Line(mark: mark, bytes: Array($0)) }
    }
    var shown = extent.new.lowerBound
    for atom in atoms[extent.first...extent.last] {
      add(0x20, shown..<max(shown, atom.new.lowerBound), of: new)
      add(Hunk.Line.deleted, atom.old, of: old)
      add(Hunk.Line.added, atom.new, of: new)
      shown = atom.new.upperBound
    }
    add(0x20, shown..<max(shown, extent.new.upperBound), of: new)
    return lines
  }
}

// Where a hunk begins and ends.
extension FunctionContext {
  private func extent(from next: Int) -> Extent? {
    guard var extent = group(from: next) else { return nil }
    extendUp(&extent, from: next)
    extendDown(&extent)
    return extent
  }

  /// The atoms that share a hunk already because they are close to each other.
  private func group(from next: Int) -> Extent? {
    guard let first = firstShown(from: next) else { return nil }
    let most = 2 * context + interhunk
    var (last, ignored) = (first, 0)
    for index in atoms.indices.dropFirst(first + 1) {
      let (atom, before) = (atoms[index], index - 1)
      let distance = atom.old.lowerBound - atoms[before].old.upperBound
      if distance > most { break }
      if distance < context, !atom.isIgnored || last == before {
        (last, ignored) = (index, 0)
      } else if distance < context, atom.isIgnored {
        ignored += atom.new.count
      } else if last != before,
        atom.old.lowerBound + ignored - atoms[last].old.upperBound > most
      {
        break
      } else if !atom.isIgnored {
        (last, ignored) = (index, 0)
      } else {
        ignored += atom.new.count
      }
    }
    return Extent(first: first, last: last, old: 0..<0, new: 0..<0)
  }

  /// Passes over ignored atoms that are too far before others.
  private func firstShown(from next: Int) -> Int? {
    var (first, index) = (next, next)
    while index < atoms.count, atoms[index].isIgnored {
      if index + 1 == atoms.count
        || atoms[index + 1].old.lowerBound - atoms[index].old.upperBound >= context
      {
        first = index + 1
      }
      index += 1
    }
    return first < atoms.count ? first : nil
  }

  /// Lets a hunk begin where the function of its first atom does; `next` is behind the hunk before.
  private func extendUp(_ extent: inout Extent, from next: Int) {
    while true {
      let atom = atoms[extent.first]
      var top = max(atom.old.lowerBound - context, 0)
      var newTop = max(atom.new.lowerBound - context, 0)
      defer { (extent.old, extent.new) = (top..<top, newTop..<newTop) }
      guard let start = functionStart(above: atom), start < top else { return }
      newTop = max(newTop - (top - start), 0)
      top = start
      // An ignored change in what is shown now is shown after all.
      let reached = (next..<extent.first).first {
        atoms[$0].old.upperBound > top || atoms[$0].new.upperBound > newTop
      }
      guard let reached else { return }
      extent.first = reached
    }
  }

  /// Where the function around an atom begins, with the lines right above it; nil: it is new itself.
  private func functionStart(above atom: Atom) -> Int? {
    var line = atom.old.lowerBound
    if line >= old.count {
      let first = atom.new.lowerBound
      if let next = new.indices.dropFirst(first).first(where: { !Self.isEmpty(new[$0]) }),
        Self.isFunction(new[next])
      {
        return nil
      }
      line = old.count - 1
    }
    var start = functionLine(from: line, to: -1) ?? -1
    while start > 0, !Self.isEmpty(old[start - 1]), !Self.isFunction(old[start - 1]) { start -= 1 }
    return max(start, 0)
  }

  private func extendDown(_ extent: inout Extent) {
    while true {
      let atom = atoms[extent.last]
      let rest = min(
        context, old.count - atom.old.upperBound, new.count - atom.new.upperBound)
      var (end, newEnd) = (atom.old.upperBound + rest, atom.new.upperBound + rest)
      var next = functionLine(from: atom.old.upperBound, to: old.count) ?? -1
      while next > 0, Self.isEmpty(old[next - 1]) { next -= 1 }
      if next < 0 { next = old.count }
      if next > end {
        newEnd = min(newEnd + (next - end), new.count)
        end = next
      }
      extent.old = extent.old.lowerBound..<max(end, extent.old.lowerBound)
      extent.new = extent.new.lowerBound..<max(newEnd, extent.new.lowerBound)
      guard extent.last + 1 < atoms.count else { return }
      let following = min(atoms[extent.last + 1].old.lowerBound, old.count - 1)
      guard following - context <= end || functionLine(from: following, to: end) == nil else {
        return
      }
      extent.last += 1
    }
  }
}

// Which lines begin a function, as git has it where no attribute says more.
extension FunctionContext {
  /// The first line from one to before another, upwards or downwards, that begins a function.
  private func functionLine(from start: Int, to limit: Int) -> Int? {
    let step = start > limit ? -1 : 1
    var line = start
    while line != limit, old.indices.contains(line) {
      if Self.isFunction(old[line]) { return line }
      line += step
    }
    return nil
  }

  private static func isFunction(_ line: ArraySlice<UInt8>) -> Bool {
    guard let first = line.first else { return false }
    return (0x41...0x5A).contains(first & 0xDF) || first == 0x5F || first == 0x24
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private static func isEmpty(_ line: ArraySlice<UInt8>) -> Bool { line.allSatisfy(isSpace) }

  /// What stands behind the second "@@": at most so many bytes of a function's first line.
  private static func heading(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var text = line.prefix(80)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return Array(text)
  }
}
