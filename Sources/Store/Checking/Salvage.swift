import Linux

/// Makes a database anew from the rows of a damaged one that can still be read.
enum Salvage {
  /// Replaces the session's database; the damaged one stays beside it.
  static func run(_ files: borrowing SessionFiles) throws(StoreError) {
    let directory = files.directory.borrowed
    do throws(Errno) { try directory.remove("session.db.new") } catch .noEntry {
      // No salvage was cut short before.
    } catch { throw .system(SystemError("begin a new database", nil, error)) }
    let fresh = directory.procPath.appending("session.db.new")
    try fill(fresh, from: files.databasePath)
    do throws(Errno) {
      for (name, kept) in [
        ("session.db-wal", "session.db.damaged-wal"), ("session.db-shm", "session.db.damaged-shm"),
        ("session.db", "session.db.damaged"),
      ] as [(ByteString, ByteString)] {
        do throws(Errno) { try directory.rename(name, to: directory, kept) } catch .noEntry {
          // A log is there only where the session did not come to rest.
        }
      }
      try directory.rename("session.db.new", to: directory, "session.db")
      try directory.synchronize()
    } catch { throw .system(SystemError("put the new database in place", nil, error)) }
  }

  private static func fill(_ fresh: ByteString, from damaged: ByteString) throws(StoreError) {
    let old = try Database(path: damaged, mode: .read)
    let new = try Database(path: fresh, mode: .create)
    try new.execute("PRAGMA synchronous = FULL; BEGIN")
    try new.execute(Schema.creation)
    for table in TableShape.session { salvage(table, from: old, to: new) }
    if try new.integer("SELECT count(*) FROM root") == 0 {
      throw .damaged("nothing of it can be read")
    }
    try new.execute("COMMIT; PRAGMA journal_mode = WAL")
  }

  /// Copies what can be read, by ever smaller ranges of the key around what can't.
  private static func salvage(_ table: TableShape, from old: Database, to new: Database) {
    let first = table.key[0]
    guard table.columns[0].content == .integer else {
      copyFromBothEnds(table, "", [], old, new)
      return
    }
    // Where even the largest key can't be read, every number may be one.
    let read = try? old.integer("SELECT max(\(first)) FROM \"\(table.name)\"")
    let largest = read.flatMap { $0 } ?? 1 << 40
    copy(table, 0...max(largest, 0), old, new)
  }

  private static func copy(
    _ table: TableShape, _ range: ClosedRange<Int64>, _ old: Database, _ new: Database
  ) {
    let condition = "WHERE \(table.key[0]) BETWEEN ? AND ?"
    if isCopied(table, condition, [range.lowerBound, range.upperBound], "ASC", old, new) { return }
    guard range.lowerBound < range.upperBound else {
      copyFromBothEnds(table, condition, [range.lowerBound, range.upperBound], old, new)
      return
    }
    let middle = range.lowerBound + (range.upperBound - range.lowerBound) / 2
    copy(table, range.lowerBound...middle, old, new)
    copy(table, (middle + 1)...range.upperBound, old, new)
  }

  private static func copyFromBothEnds(
    _ table: TableShape, _ condition: String, _ values: [Int64], _ old: Database, _ new: Database
  ) {
    for order in ["ASC", "DESC"] {
      if isCopied(table, condition, values, order, old, new) { return }
    }
  }

  /// Copies rows until one can't be read; whether all could.
  private static func isCopied(
    _ table: TableShape, _ condition: String, _ values: [Int64], _ order: String, _ old: Database,
    _ new: Database
  ) -> Bool {
    let keys = table.key.map { "\($0) \(order)" }.joined(separator: ", ")
    do throws(StoreError) {
      let rows = try old.statement(
        "SELECT \(table.list) FROM \"\(table.name)\" \(condition) ORDER BY \(keys)")
      defer { rows.reset() }
      for (index, value) in values.enumerated() { rows.bind(Int32(index) + 1, value) }
      let row = try new.statement(
        table.insertion.replacingPrefix("INSERT", with: "INSERT OR IGNORE"))
      while try rows.step() {
        row.bind(row: rows, count: table.columns.count)
        try row.run()
      }
      return true
    } catch {
      // This is what salvage is for: the caller tries around it.
      return false
    }
  }
}

extension String {
  fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
    other + dropFirst(prefix.count)
  }
}
