import Linux

/// The plan as git's --stat: a line for each file with its count and a bar, and a sum.
package struct StatText {
  private struct Row {
    let name: String
    let count: LineCount
    let sizes: (old: Int64, new: Int64)
    /// What stands in place of the bar of what is no file to git.
    var words: String?
  }

  private let plan: Plan
  private let contents: ContentReader
  private let width: Int
  private let style: RenderingStyle
  private let options: DiffOptions

  /// The table of a plan, fitted into `width` columns.
  package init(
    _ plan: Plan, _ contents: ContentReader, width: Int = 80,
    options: DiffOptions = DiffOptions(), style: RenderingStyle = RenderingStyle()
  ) {
    self.options = options
    self.plan = plan
    self.contents = contents
    self.width = max(width, 40)
    self.style = style
  }

  /// Writes the table and the sum, or the sum alone; `files` are those of the plan where renames were
  /// looked for.
  package func write(
    _ files: [FileChange]? = nil, isShort: Bool = false, to sink: TextSink
  ) throws {
    var rows: [Row] = []
    func add(_ file: FileChange) throws {
      let count = try LineCount(file, contents, options)
      if count.isNothing(in: file) { return }
      rows.append(
        Row(name: file.statName, count: count, sizes: (file.oldSize, file.newSize)))
    }
    if let files {
      for file in files { try add(file) }
    } else {
      try plan.forEachFile(contents, add)
    }
    let others = plan.changes.compactMap { other($0) }
    let files = rows.count
    rows += others
    guard !rows.isEmpty else { return }
    if !isShort { try writeRows(rows, to: sink) }
    try sink.write(Self.sum(files: files, others: others.count, rows.map(\.count)))
  }

  private func other(_ change: Change) -> Row? {
    guard let facts = change.new ?? change.old, !facts.isTracked || isQuietMode(change) else {
      return nil
    }
    if facts.kind == .directory, change.kind == .deleted,
      change.below.contains(where: \.facts.isTracked)
    {
      return nil
    }
    let none = LineCount()
    let origin = change.kind == .renamed ? (change.origin?.gitQuoted ?? "") + " => " : ""
    var words = "\(change.kind.rawValue) \(facts.kind.words)"
    if change.kind == .modified { words = change.differences.names.joined(separator: ", ") }
    return Row(
      name: origin + change.path.gitQuoted, count: none, sizes: (0, 0), words: words)
  }

  /// Whether a file changed only in what git does not see.
  private func isQuietMode(_ change: Change) -> Bool {
    guard change.isAttributesOnly, change.origin == change.path else { return false }
    return change.old?.gitMode == change.new?.gitMode
  }

  private func writeRows(_ rows: [Row], to sink: TextSink) throws {
    let largest = rows.map { $0.count.added + $0.count.deleted }.max() ?? 0
    let digits = max(
      String(largest).count, rows.contains { $0.count.isBinary } ? 3 : 0)
    let longest = rows.map(\.name.count).max() ?? 0
    // As git: the bars get at least three eighths of the line when the names are long.
    let room = width - digits - 6
    let nameWidth = min(longest, max(room - room * 3 / 8, min(longest, room - largest)))
    let barWidth = max(room - nameWidth, 1)
    for row in rows {
      let name = Self.fitted(row.name, nameWidth)
      let padding = String(repeating: " ", count: max(0, nameWidth - name.count))
      try sink.write(" \(name)\(padding) | ")
      try sink.write(amount(row, digits, barWidth, largest) + "\n")
    }
  }

  private func amount(_ row: Row, _ digits: Int, _ barWidth: Int, _ largest: Int) -> String {
    func aligned(_ text: String) -> String {
      String(repeating: " ", count: max(0, digits - text.count)) + text
    }
    if let words = row.words { return aligned("") + " " + words }
    if row.count.isBinary {
      return aligned("Bin") + " \(row.sizes.old) -> \(row.sizes.new) bytes"
    }
    let total = row.count.added + row.count.deleted
    guard total > 0 else { return aligned("0") }
    var (plus, minus) = (row.count.added, row.count.deleted)
    if largest > barWidth {
      let whole = max(1, Self.scaled(total, barWidth, largest), plus > 0 && minus > 0 ? 2 : 1)
      if plus < minus {
        plus = Self.scaled(plus, barWidth, largest)
        minus = whole - plus
      } else {
        minus = Self.scaled(minus, barWidth, largest)
        plus = whole - minus
      }
    }
    return aligned(String(total)) + " "
      + style.paint(String(repeating: "+", count: plus), .added)
      + style.paint(String(repeating: "-", count: minus), .deleted)
  }

  private static func scaled(_ count: Int, _ width: Int, _ largest: Int) -> Int {
    count == 0 ? 0 : 1 + count * (width - 1) / largest
  }

  /// A name too long for its column loses its front, up to a slash where there is one.
  private static func fitted(_ name: String, _ width: Int) -> String {
    guard name.count > width else { return name }
    let tail = name.suffix(max(0, width - 3))
    guard let slash = tail.firstIndex(of: "/") else { return "..." + tail }
    return "..." + tail[slash...]
  }

  private static func sum(files: Int, others: Int, _ counts: [LineCount]) -> String {
    let added = counts.reduce(0) { $0 + $1.added }
    let deleted = counts.reduce(0) { $0 + $1.deleted }
    var parts = [" \(files) file\(files == 1 ? "" : "s") changed"]
    if added > 0 || deleted == 0 {
      parts.append("\(added) insertion\(added == 1 ? "" : "s")(+)")
    }
    if deleted > 0 || added == 0 {
      parts.append("\(deleted) deletion\(deleted == 1 ? "" : "s")(-)")
    }
    if others > 0 { parts.append("\(others) other change\(others == 1 ? "" : "s")") }
    return parts.joined(separator: ", ") + "\n"
  }
}

extension LineCount {
  init() {}
}

/// What a plan comes to, for the line at the end of a run.
package struct Tally: Sendable {
  package var added = 0
  package var modified = 0
  package var deleted = 0
  package var renamed = 0
  package var addedLines = 0
  package var deletedLines = 0

  /// Counts the entries of a plan and their lines.
  package init(_ plan: Plan, _ contents: ContentReader) throws {
    self.init(entriesOf: plan)
    try plan.forEachFile(contents) { file in
      let count = try LineCount(file, contents)
      addedLines += count.added
      deletedLines += count.deleted
    }
  }

  /// Counts the entries of a plan, which reads nothing.
  package init(entriesOf plan: Plan) {
    for change in plan.changes {
      let files = change.below.filter(\.facts.isTracked).count
      switch change.kind {
      case .added: if change.fileKind != .directory { added += 1 }
      case .modified: modified += 1
      case .renamed: renamed += 1
      case .deleted: deleted += change.fileKind == .directory ? max(files, 1) : 1
      }
    }
  }
}
