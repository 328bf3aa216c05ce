extension SessionReader {
  /// Whether two steps show the same tree; nil is the present.
  ///
  /// When a file was read last does not count. Only rows that hold at one of the two and not at the
  /// other are looked at.
  package func isSame(_ one: StepID?, as other: StepID?) throws(StoreError) -> Bool {
    let (first, second) = (Database.valid(at: one), Database.valid(at: other))
    let tables = [
      ("node", Schema.nodeColumns(accessed: "0")), ("entry", "parent, name, node"),
      ("xattr", "node, name, value"),
    ]
    for (table, columns) in tables {
      let left = "SELECT \(columns) FROM \(table) WHERE (\(first)) AND NOT (\(second))"
      let right = "SELECT \(columns) FROM \(table) WHERE (\(second)) AND NOT (\(first))"
      let differs = try database.integer(
        "SELECT EXISTS (\(left) EXCEPT \(right)) OR EXISTS (\(right) EXCEPT \(left))")
      if differs != 0 { return false }
    }
    return true
  }
}
