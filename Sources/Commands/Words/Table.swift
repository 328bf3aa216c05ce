/// Rows in columns, each as wide as its widest cell; the last is not padded.
struct Table {
  private let head: [String]
  private var rows: [[String]] = []

  init(_ head: String...) { self.head = head }
  init(_ head: [String]) { self.head = head }

  mutating func add(_ cells: String...) { rows.append(cells) }
  mutating func add(_ cells: [String]) { rows.append(cells) }

  var isEmpty: Bool { rows.isEmpty }

  /// The lines, head first.
  func lines(style: Style) -> [String] {
    let widths = head.indices.map { column in
      ([head] + rows).map { $0[column].count }.max() ?? 0
    }
    return [style.bold(Self.line(head, widths))] + rows.map { Self.line($0, widths) }
  }

  private static func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (cell, width) in zip(cells, widths) {
      if !line.isEmpty { line += "  " }
      line += cell + String(repeating: " ", count: max(0, width - cell.count))
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
