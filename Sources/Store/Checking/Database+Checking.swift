import Linux

extension Database {
  /// What SQLite itself finds wrong with its file.
  func integrityProblems() throws(StoreError) -> [String] {
    let rows = try statement("PRAGMA integrity_check(20)")
    defer { rows.reset() }
    var found: [String] = []
    while try rows.step() { found.append(rows.text(0)) }
    return found == ["ok"] ? [] : found
  }

  /// Checks all rows, and repairs what is wrong where `repairing`.
  func checkRows(repairing: Bool) throws(StoreError) -> [Finding] {
    var found: [Finding] = []
    for check in RowCheck.all {
      guard let count = try integer(check.count), count > 0 else { continue }
      var finding = Finding(kind: check.kind, words: "\(count) \(check.words)")
      if repairing {
        for repair in check.repairs { try execute(repair) }
        finding.remedy = check.remedy
      }
      found.append(finding)
    }
    found += try checkPaths(repairing: repairing)
    found += try checkRoots(repairing: repairing)
    return try found + checkCircles(repairing: repairing)
  }

  private func checkPaths(repairing: Bool) throws(StoreError) -> [Finding] {
    var found: [Finding] = []
    let repairs = [
      ("node", "origin", "UPDATE node SET origin = NULL, flags = 0 WHERE origin = ?"),
      ("pin", "path", "DELETE FROM pin WHERE path = ?"),
    ]
    for (table, column, repair) in repairs {
      for path in try PathCheck.escapes(in: table, column, self) {
        let words = "'\(ByteString(path).printable)' in rows of \(table) is no path below a root"
        var finding = Finding(kind: .name, words: words)
        if repairing {
          let row = try statement(repair)
          row.bind(1, path)
          try row.run()
          finding.remedy = "forgotten"
        }
        found.append(finding)
      }
    }
    return found
  }

  /// Every root must have its directory at every step.
  private func checkRoots(repairing: Bool) throws(StoreError) -> [Finding] {
    let missing = try integers(
      "SELECT id FROM root WHERE id NOT IN (SELECT id FROM node WHERE to_step IS NULL AND kind = 2)"
    )
    var found: [Finding] = []
    for root in missing {
      var finding = Finding(kind: .reference, words: "root \(root) has no directory")
      if repairing {
        try execute(
          """
          DELETE FROM node WHERE id = \(root);
          INSERT INTO node (from_step, to_step, \(Schema.nodeColumns))
            SELECT 1, NULL, id, id, 2, 21, 493, 0, 0, 0, 2, 0, 0, 0, 0, inode, NULL, 1, NULL, x'',
              device, inode FROM root WHERE id = \(root)
          """)
        finding.remedy = "shown as the project has it"
      }
      found.append(finding)
    }
    return found
  }

  private func checkCircles(repairing: Bool) throws(StoreError) -> [Finding] {
    var found: [Finding] = []
    for circle in try PathCheck.circles(in: self) {
      let node = circle.placement.node
      let words = "directory \(node) is \(circle.isSecondPlace ? "in two places" : "inside itself")"
      var finding = Finding(kind: .cycle, words: words)
      if repairing { finding.remedy = try repair(circle) }
      found.append(finding)
    }
    return found
  }

  private func repair(_ circle: PathCheck.Circle) throws(StoreError) -> String {
    let change =
      circle.isSecondPlace
      ? "DELETE FROM entry "
      : "UPDATE OR IGNORE entry SET name = CAST('recovered-' || node || '-' || hex(name) AS BLOB), "
        + "parent = (SELECT root FROM node WHERE id = entry.node LIMIT 1) "
    let row = try statement(change + "WHERE parent = ? AND name = ? AND from_step = ?")
    row.bind(1, circle.placement.parent)
    row.bind(2, circle.placement.name)
    row.bind(3, circle.placement.begins)
    try row.run()
    return circle.isSecondPlace ? "left in its first place" : "moved to the top as 'recovered-'"
  }
}
