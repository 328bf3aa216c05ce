import Rehearsal

/// What the session made of `x`, over every kind of thing that the project had there, while the
/// host did something of its own: every cell is a directory of one project.
enum Matrix {
  /// What the session has at `x`.
  enum Wanted: String, CaseIterable {
    case absent, file, changed, mode, directory, symlink, fifo, renamed, linked
  }

  /// What the project had at `x` when the session changed it.
  enum There: String, CaseIterable {
    case nothing, file, directory, symlink, fifo, links
  }

  /// What the host did meanwhile.
  enum Meanwhile: String, CaseIterable {
    case nothing, same, content, mode, deleted, file, directory, symlink, fifo, parentGone,
      parentLink
  }

  struct Cell: Hashable {
    let wanted: Wanted
    let there: There
    let meanwhile: Meanwhile

    var name: String { "\(wanted)-\(there)-\(meanwhile)" }
    /// The directory above `x`.
    var parent: String { name + "/p" }
    var path: String { parent + "/x" }
    /// The file that is renamed or linked.
    var other: String { parent + "/o" }
  }

  /// The combinations that mean something.
  static let cells: [Cell] = Wanted.allCases.flatMap { wanted in
    There.allCases.flatMap { there -> [Cell] in
      switch (wanted, there) {
      case (.absent, .nothing), (.mode, .nothing), (.mode, .symlink): return []
      case (.changed, let there) where there != .file && there != .links: return []
      default: return Meanwhile.allCases.map { Cell(wanted: wanted, there: there, meanwhile: $0) }
      }
    }
  }

  /// Makes the project.
  static var project: String {
    cells.map { cell in
      "mkdir -p \(cell.parent) && cd \(cell.name) && echo o > p/o && { \(made(cell))\n} && cd ..\n"
    }.joined() + "mkdir outside; echo safe > outside/x"
  }

  private static func made(_ cell: Cell) -> String {
    switch cell.there {
    case .nothing: ":"
    case .file: "printf 'old\\n' > p/x"
    case .directory: "mkdir p/x; echo k > p/x/k"
    case .symlink: "ln -s target p/x"
    case .fifo: "mkfifo -m 644 p/x"
    case .links: "printf 'old\\n' > p/x; ln p/x p/x2"
    }
  }

  /// What the host does to take an apply back by itself.
  static func undo(_ cell: Cell) -> String {
    if cell.wanted == .mode { return "chmod \(cell.there == .directory ? 755 : 644) p/x" }
    let back = cell.wanted == .renamed ? "mv p/x p/o" : "rm -rf p/x"
    let remade = cell.there == .links ? "ln p/x2 p/x" : made(cell)
    return cell.wanted == .changed && cell.there == .links
      ? "printf 'old\\n' > p/x" : "\(back); \(remade)"
  }

  /// Does in the session what a cell says.
  static func play(_ cell: Cell, on session: Rehearsal) throws {
    let path = cell.path
    func clear() throws {
      switch cell.there {
      case .nothing: break
      case .directory: try session.removeTree(path)
      default: try session.remove(path)
      }
    }
    switch cell.wanted {
    case .absent: try clear()
    case .file:
      try clear()
      try session.create(path, "new\n")
    case .changed: try session.write(path, "new\n")
    case .mode: try session.setMode(path, 0o700)
    case .directory:
      try clear()
      try session.makeDirectory(path)
      try session.create(path + "/f", "f\n")
    case .symlink:
      try clear()
      try session.makeSymlink(path, to: "elsewhere")
    case .fifo:
      try clear()
      try session.makeFIFO(path)
    case .renamed:
      if cell.there == .directory { try clear() }
      try session.rename(cell.other, path)
    case .linked:
      try clear()
      try session.link(cell.other, path)
    }
  }

  /// The shell's words for what the host does to a cell, in the cell's directory.
  private static func words(_ cell: Cell) -> String {
    switch cell.meanwhile {
    case .nothing: ":"
    case .same: same(cell)
    case .content: content(cell)
    case .mode: "[ -L p/x ] || [ ! -e p/x ] || chmod 711 p/x"
    case .deleted: "rm -rf p/x"
    case .file: "rm -rf p/x; printf 'host\\n' > p/x"
    case .directory: "rm -rf p/x; mkdir p/x; echo host > p/x/h"
    case .symlink: "rm -rf p/x; ln -s host p/x"
    case .fifo: "rm -rf p/x; mkfifo -m 600 p/x"
    case .parentGone: "rm -rf p"
    case .parentLink: "mv p q; ln -s ../outside p"
    }
  }

  private static func content(_ cell: Cell) -> String {
    """
    if [ -L p/x ]; then ln -sfn host p/x
    elif [ -d p/x ]; then echo host > p/x/h
    elif [ -f p/x ]; then printf 'host' >> p/x; fi
    """
  }

  static func same(_ cell: Cell) -> String {
    switch cell.wanted {
    case .absent: "rm -rf p/x"
    case .file: "rm -rf p/x; printf 'new\\n' > p/x; chmod 644 p/x"
    case .changed: "printf 'new\\n' > p/x"
    case .mode: "chmod 700 p/x"
    case .directory: "rm -rf p/x; mkdir p/x; echo f > p/x/f"
    case .symlink: "rm -rf p/x; ln -s elsewhere p/x"
    case .fifo: "rm -rf p/x; mkfifo -m 644 p/x"
    case .renamed: "rm -rf p/x; mv p/o p/x"
    case .linked: "rm -rf p/x; ln p/o p/x"
    }
  }

  /// One shell script for what the host does to some cells.
  static func script(_ cells: [Cell], same: (Cell) -> String = same) -> String {
    let lines = cells.map { cell in
      "cd \(cell.name)\n\(cell.meanwhile == .same ? same(cell) : words(cell))\ncd ..\n"
    }
    return "umask 022\n" + lines.joined()
  }

  /// A table: a row for each pair of session and project, a letter for each act of the host.
  static func table(_ outcomes: [Cell: String]) -> [String] {
    var rows: [String] = []
    for wanted in Wanted.allCases {
      for there in There.allCases {
        let row = Meanwhile.allCases.compactMap {
          outcomes[Cell(wanted: wanted, there: there, meanwhile: $0)]
        }
        guard !row.isEmpty else { continue }
        let columns = row.map { $0.padding(to: 4) }.joined()
        rows.append("\(wanted)".padding(to: 10) + "\(there)".padding(to: 10) + columns)
      }
    }
    return rows.map { row in
      String(row.reversed().drop { $0 == " " }.reversed())
    }
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }
}
