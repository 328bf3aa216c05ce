import Changes
import Linux

/// The lines of the screen that show a state.
struct ReviewerView {
  let state: ReviewerState
  let rows: Int
  let columns: Int

  private var listWidth: Int { min(44, max(16, columns * 3 / 10)) }
  private var bodyRows: Int { max(1, rows - 2) }

  var lines: [StyledLine] {
    if state.question == .help { return Self.help }
    let (left, right) = (list, diff)
    var lines = [title]
    for row in 0..<bodyRows {
      var line = (row < left.count ? left[row] : StyledLine()).padded(to: listWidth)
      line.add("\u{2502}", .faint)
      if row < right.count { line.add(right[row]) }
      lines.append(line)
    }
    lines.append(bottom)
    return lines
  }

  private var title: StyledLine {
    let text =
      " review of diff \(state.id.prefix(12))   \(state.takenCount) of "
      + "\(Amounts.count(state.files.count, "change")) taken"
    return StyledLine(text, .bold).padded(to: columns).all(.reversed)
  }

  private var list: [StyledLine] {
    let first = max(0, min(state.file - bodyRows / 2, state.files.count - bodyRows))
    return state.files.indices.dropFirst(first).prefix(bodyRows).map { index in
      let file = state.files[index]
      let mark =
        switch file.extent {
        case .none: "[ ]"
        case .part: "[~]"
        case .all: "[x]"
        }
      var line = StyledLine("\(mark) ", file.extent == .none ? .plain : .green)
      line.add("\(Self.letter(file.change)) ", Self.look(file.change))
      if !file.risks.isEmpty { line.add("! ", .yellow) }
      line.add(tail(of: file.change.path.printable, file))
      guard index == state.file else { return line }
      return line.padded(to: listWidth).all(state.side == .files ? .reversed : .bold)
    }
  }

  /// The end of a name says more than its beginning.
  private func tail(of name: String, _ file: ReviewedFile) -> String {
    let room = listWidth - (file.risks.isEmpty ? 6 : 8)
    return Columns.count(name) <= room ? name : "..." + String(name.suffix(max(1, room - 3)))
  }

  private static func letter(_ change: Change) -> String {
    switch change.kind {
    case .added: "A"
    case .deleted: "D"
    case .renamed: "R"
    case .modified: "M"
    }
  }

  private static func look(_ change: Change) -> StyledLine.Look {
    switch change.kind {
    case .added: .green
    case .deleted: .red
    case .renamed: .cyan
    case .modified: .yellow
    }
  }

  private var diff: [StyledLine] {
    let file = state.current
    let width = max(1, columns - listWidth - 1)
    var name = file.change.path.printable
    if file.change.kind == .renamed { name = "\(file.change.origin?.printable ?? "") -> \(name)" }
    var lines = [
      StyledLine(" \(file.change.kind.words) \(file.change.fileKind.words) \(name)", .bold)
    ]
    var last: Int?
    for (index, line) in file.lines.enumerated().dropFirst(state.top).prefix(bodyRows - 1) {
      var shown = StyledLine()
      let isHere = line.item == state.item && state.side == .diff
      shown.add(isHere ? "\u{258C}" : " ", .cyan)
      let isFirst =
        line.item != nil && line.item != last
        && file.lines.firstIndex { $0.item == line.item } == index
      if isFirst, let item = line.item {
        shown.add(
          file.isTaken(item: item) ? "[x] " : "[ ] ", file.isTaken(item: item) ? .green : .plain)
      }
      last = line.item
      shown.add(line.text, state.hit == index ? .hit : Self.look(line.kind))
      lines.append(shown.padded(to: width))
    }
    return lines
  }

  private static func look(_ kind: ReviewedFile.Line.Kind) -> StyledLine.Look {
    switch kind {
    case .title: .bold
    case .hunk: .cyan
    case .added: .green
    case .deleted: .red
    case .context: .plain
    case .note: .yellow
    }
  }

  private var bottom: StyledLine {
    switch state.question {
    case .risk(let index, _):
      let file = state.files[index]
      let words = file.risks.map { "\($0.rawValue): \($0.words)" }.joined(separator: "; ")
      return StyledLine("\(file.change.path.printable) (\(words)). Take it? [y,n] ", .yellow)
    case .search(let text): return StyledLine("/\(text)\u{2588}")
    case .end:
      let count = Amounts.count(state.takenCount, "change")
      return StyledLine(
        state.purpose == .discarding
          ? "Discard \(count)? [y,n] " : "Apply \(count) to the project? [y,n] ", .bold)
    case .none, .help: break
    }
    if !state.message.isEmpty { return StyledLine(state.message, .yellow) }
    return StyledLine(
      "space take  a all  s split  e edit  / search  tab side  "
        + (state.purpose == .discarding ? "D discard" : "A apply") + "  q quit  ? help", .faint)
  }

  private static let help =
    """
    The changes of the session: files on the left, what is in one on the right.

    up, down, k, j      the file, or the hunk, above or below
    tab, left, right    from the files to the diff and back
    PgUp, PgDn          scroll the diff
    space               take the file, or the hunk; again: leave it
    a, n                take everything; take nothing
    s                   split the hunk into smaller ones
    e                   edit the hunk in your editor, and take what you make of it
    /                   search in names and lines; ] and [ go on from there, forth and back
    A                   apply what is taken; the rest stays pending in the session
    D                   the same where changes are discarded
    q                   leave: nothing is done

    What may act by itself once it is in the project is asked for file by file.

    Any key goes on.
    """.split(separator: "\n", omittingEmptySubsequences: false).map { StyledLine(String($0)) }
}
