import Linux

/// Makes a session out of an archive, whole or not at all.
package enum SessionImport {
  private static let prefix = ".import-"

  /// What an archive says of the session in it, after everything but its contents was checked.
  package static func inspect(_ archive: Descriptor) throws -> [Root] {
    try translated {
      let reader = try ArchiveReader(archive)
      try reader.check()
      return try reader.database.roots()
    }
  }

  /// Makes the session `name` in the directory of all sessions.
  ///
  /// It is made beside, under a name that is no session's, and renamed when it is complete and on
  /// the disk; `finish` may add to it just before that.
  package static func run(
    _ archive: Descriptor, into sessions: Descriptor, as name: ByteString,
    finish: (Descriptor) throws -> Void = { _ in }
  ) throws {
    guard PathCheck.staysBeneath(name.bytes), name.components.count == 1 else {
      throw SystemError("make a session", name, .invalid)
    }
    let reader = try translated { try ArchiveReader(archive) }
    try translated { try reader.check() }
    removeLeftovers(in: sessions)
    let temporary = ByteString(prefix + (try Process.randomBytes(6).hexadecimal))
    let directory = try attempt("create a session", name) { () throws(Errno) in
      try sessions.makeDirectory(temporary)
      let opened = try sessions.open(temporary, [.directory, .noFollow])
      // Who clears leftovers away takes this lock first.
      _ = try opened.borrowed.takeLock()
      return opened
    }
    do {
      try translated { try fill(directory.borrowed, from: reader) }
      try finish(directory.borrowed)
      try settle(directory.borrowed, temporary, in: sessions, as: name)
    } catch {
      // The first failure is what matters; what stays is cleared by the next import.
      try? sessions.removeTree(temporary)
      throw error
    }
  }

  /// Lets a session that is being made speak of another directory of this machine.
  package static func move(_ session: Descriptor, root: Int64, to path: ByteString) throws {
    let directory = try attempt("open", path) { () throws(Errno) in
      try Descriptor.currentDirectory.open(path, [.directory, .noFollow])
    }
    let database = try Database(
      path: session.procPath.appending("session.db"), mode: .write)
    try database.execute("PRAGMA synchronous = OFF; BEGIN")
    try database.rebind(root: root, to: directory.borrowed, path: path)
    try database.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
  }

  private static func settle(
    _ directory: Descriptor, _ temporary: ByteString, in sessions: Descriptor, as name: ByteString
  ) throws {
    do throws(Errno) {
      try directory.synchronizeFileSystem()
      try sessions.rename(temporary, to: sessions, name, .noReplace)
      let parent = try sessions.open(".", [.directory])
      try parent.borrowed.synchronize()
    } catch .exists { throw ArchiveError.exists(name) } catch {
      throw SystemError("create session", name, error)
    }
  }

  private static func fill(_ directory: Descriptor, from reader: ArchiveReader) throws {
    try SessionFiles.create(in: directory)
    let opened = try attempt("open the new session") { () throws(Errno) in
      try directory.open(".", [.directory])
    }
    let files = try SessionFiles.open(opened)
    do {
      let database = try Database(path: files.databasePath, mode: .create)
      try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN")
      try database.execute(Schema.creation)
      for table in TableShape.session { try table.copy(from: reader.database, to: database) }
      try database.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
    }
    try reader.forEachContent { content in
      let file = try attempt("create a session's file") { () throws(Errno) in
        switch content.kind {
        case .object: try files.openObject(ObjectID(content.id), .new)
        case .base: try files.openBase(ObjectID(content.id), .new)
        case .log: try directory.open("log.jsonl", .new, mode: 0o600)
        }
      }
      try reader.extract(content, to: file.borrowed)
    }
  }

  /// What SQLite can't read in an archive is damage of the archive, not of a session.
  private static func translated<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as StoreError {
      switch error {
      case .damaged(let words): throw ArchiveError.damaged(words)
      case .database(let words, let code) where code & 0xFF == 10 || code & 0xFF == 1:
        // SQLITE_IOERR, SQLITE_ERROR: a file cut off, a schema that can't be parsed.
        throw ArchiveError.damaged(words)
      default: throw error
      }
    }
  }

  /// Removes what imports left behind that were killed.
  private static func removeLeftovers(in sessions: Descriptor) {
    // Whatever can't be looked at or removed now stays for the next import.
    for name in (try? sessions.entryNames()) ?? [] where name.bytes.starts(with: prefix.utf8) {
      guard let opened = try? sessions.open(name, [.directory, .noFollow]),
        (try? opened.borrowed.takeLock()) == true
      else { continue }
      try? sessions.removeTree(name)
    }
  }
}

extension OpenFlags {
  fileprivate static let new: OpenFlags = [.readWrite, .create, .exclusive, .noFollow]
}

extension Descriptor {
  /// Removes a name of this directory with all below it, never through a symlink.
  package func removeTree(_ name: ByteString) throws(Errno) {
    if try status(of: name).kind == .directory {
      let inner = try open(name, [.directory, .noFollow])
      for below in try inner.borrowed.entryNames() { try inner.borrowed.removeTree(below) }
      try remove(name, isDirectory: true)
    } else {
      try remove(name)
    }
  }
}
