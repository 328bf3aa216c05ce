import Linux

/// What must hold of the paths in rows, and of the tree that the entries make at every step.
enum PathCheck {
  /// Whether a path stays below its root: no part is empty, "." or "..", and there is no NUL.
  static func staysBeneath(_ path: [UInt8]) -> Bool {
    if path.isEmpty { return true }
    if path.contains(0) || path.count > 4096 * 4 { return false }
    return path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
  }

  /// The paths of a column that lead elsewhere, each once.
  static func escapes(in table: String, _ column: String, _ database: Database) throws(StoreError)
    -> [[UInt8]]
  {
    let rows = try database.statement(
      "SELECT DISTINCT \(column) FROM \(table) WHERE \(column) NOT NULL")
    defer { rows.reset() }
    var found: [[UInt8]] = []
    while try rows.step() {
      let path = rows.bytes(0)
      if !staysBeneath(path) { found.append(path) }
    }
    return found
  }

  /// An entry row that leads to a directory.
  struct Placement: Hashable {
    let parent: Int64
    let name: [UInt8]
    let node: Int64
    let begins: Int64
    let ends: Int64
  }

  /// A placement that can't be, and whether the directory is elsewhere as well.
  struct Circle {
    let placement: Placement
    let isSecondPlace: Bool
  }

  /// The rows that put a directory inside itself or in a second place, at any step.
  ///
  /// Steps are gone through in order with one map from directories to where they are: a circle can
  /// only close at a row that begins.
  static func circles(in database: Database) throws(StoreError) -> [Circle] {
    let roots = Set(try database.integers("SELECT id FROM root"))
    let placements = try directories(in: database)
    let steps = Set(placements.flatMap { [$0.begins, $0.ends] }).sorted()
    let beginning = Dictionary(grouping: placements) { $0.begins }
    let ending = Dictionary(grouping: placements) { $0.ends }
    var above: [Int64: Placement] = [:]
    var found: [Circle] = []
    for step in steps {
      for placement in ending[step] ?? [] where above[placement.node] == placement {
        above[placement.node] = nil
      }
      var added: [Placement] = []
      for placement in beginning[step] ?? [] {
        if above[placement.node] != nil || roots.contains(placement.node) {
          found.append(Circle(placement: placement, isSecondPlace: true))
        } else {
          above[placement.node] = placement
          added.append(placement)
        }
      }
      for placement in added where isInItself(placement, above) {
        above[placement.node] = nil
        found.append(Circle(placement: placement, isSecondPlace: false))
      }
    }
    return found
  }

  private static func isInItself(_ placement: Placement, _ above: [Int64: Placement]) -> Bool {
    var at = placement.parent
    var hops = 0
    while let next = above[at] {
      if at == placement.node { return true }
      at = next.parent
      hops += 1
      if hops > above.count { return true }
    }
    return at == placement.node
  }

  private static func directories(in database: Database) throws(StoreError) -> [Placement] {
    let rows = try database.statement(
      """
      SELECT parent, name, node, from_step, coalesce(to_step, 1 << 60) FROM entry
        WHERE node IN (SELECT id FROM node WHERE kind = 2 UNION SELECT id FROM root)
        ORDER BY parent, name, from_step
      """)
    defer { rows.reset() }
    var found: [Placement] = []
    while try rows.step() {
      found.append(
        Placement(
          parent: rows.integer(0), name: rows.bytes(1), node: rows.integer(2),
          begins: rows.integer(3), ends: rows.integer(4)))
    }
    return found
  }
}
