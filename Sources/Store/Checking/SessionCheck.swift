import Linux

/// What was found wrong with a resting session's store, and what was done about it.
package struct SessionCheck: Sendable {
  package private(set) var findings: [Finding]

  /// Whether nothing was wrong.
  package var isClean: Bool { findings.isEmpty }

  /// Looks at everything and changes nothing; throws `busy` while the session runs.
  package static func inspect(_ directory: Descriptor) throws(StoreError) -> SessionCheck {
    let lock = try SessionLock(in: directory)
    defer { lock.giveUp() }
    let files = try SessionFiles.open(reopened(directory))
    let database = try Database(path: files.databasePath, mode: .read)
    try database.checkFormat()
    var check = SessionCheck(findings: try problems(of: database))
    // In a damaged file the rows can't be asked; what is whole of them shows after a repair.
    if !check.isClean { return check }
    check.findings += try database.checkRows(repairing: false)
    check.findings += try FileCheck(database, files).run(repairing: false)
    return check
  }

  /// Repairs what can be repaired; no content that is still there is ever lost by it.
  ///
  /// A database that SQLite finds damaged is made anew from the rows that can be read; the old one
  /// stays as `session.db.damaged`.
  package static func repair(_ directory: Descriptor) throws(StoreError) -> SessionCheck {
    try SessionFiles.create(in: directory)
    let lock = try SessionLock(in: directory)
    defer { lock.giveUp() }
    let files = try SessionFiles.open(reopened(directory))
    var check = SessionCheck(findings: [])
    for words in try problemsOfFile(files) {
      check.findings.append(
        Finding(kind: .database, words: words, remedy: "made anew from what can be read"))
    }
    if !check.isClean { try Salvage.run(files) }
    let database = try Database(path: files.databasePath, mode: .write)
    try database.checkFormat()
    try database.execute("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")
    // What one repair moves may break another rule: at most as often as there are rules.
    for _ in 0..<RowCheck.all.count {
      let found = try database.checkRows(repairing: true)
      check.findings += found
      if found.isEmpty { break }
    }
    let fileCheck = try FileCheck(database, files)
    check.findings += try fileCheck.run(repairing: true)
    try database.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
    try fileCheck.removeOrphans()
    return check
  }

  private static func problemsOfFile(_ files: borrowing SessionFiles) throws(StoreError)
    -> [String]
  {
    do throws(StoreError) {
      let database = try Database(path: files.databasePath, mode: .write)
      try database.checkFormat()
      return try problems(of: database).map(\.words)
    } catch .damaged(let words) {
      return [words]
    }
  }

  private static func problems(of database: Database) throws(StoreError) -> [Finding] {
    do throws(StoreError) {
      return try database.integrityProblems().map { Finding(kind: .database, words: $0) }
    } catch .damaged(let words) {
      return [Finding(kind: .database, words: words)]
    }
  }

  private static func reopened(_ directory: Descriptor) throws(StoreError) -> OwnedDescriptor {
    do { return try directory.open(".", [.directory]) } catch {
      throw .system(SystemError("open the session", nil, error))
    }
  }
}

extension SessionReader {
  /// The contents that a repair found lost, and how many bytes each had; their files are named
  /// with ".lost-" and the number, or show what the project has.
  package func lostObjects() throws(StoreError) -> [ObjectID: Int64] {
    let rows = try database.statement(
      "SELECT substr(key, 6), value FROM meta WHERE key GLOB 'lost_[0-9]*'")
    defer { rows.reset() }
    var found: [ObjectID: Int64] = [:]
    while try rows.step() {
      if let id = Int64(rows.text(0)) { found[ObjectID(id)] = rows.integer(1) }
    }
    return found
  }
}
