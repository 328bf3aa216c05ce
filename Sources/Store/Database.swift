import CSQLite
import Linux

/// A connection to a session's database.
package final class Database: @unchecked Sendable {
  // Invariant: used by one thread at a time; SessionStore serialises its writers.
  let handle: OpaquePointer
  private var prepared: [String: Statement] = [:]

  /// How a database is opened.
  enum Mode {
    case read, write, create
    /// Exactly the bytes of the file: no journal beside it is looked at. The path is a URI.
    case immutable

    fileprivate var flags: Int32 {
      switch self {
      case .read: SQLITE_OPEN_READONLY
      case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
      case .write: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI
      }
    }
  }

  /// Opens the database at a path.
  init(path: ByteString, mode: Mode) throws(StoreError) {
    var opened: OpaquePointer?
    let flags = mode.flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = path.withCString { sqlite3_open_v2($0, &opened, flags, nil) }
    guard let opened else { throw .database("out of memory", code: SQLITE_NOMEM) }
    handle = opened
    guard code == SQLITE_OK else { throw failure() }
    sqlite3_busy_timeout(handle, 10_000)
  }

  deinit {
    prepared.removeAll()
    sqlite3_close_v2(handle)
  }

  /// Runs statements that answer nothing.
  func execute(_ sql: String) throws(StoreError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure() }
  }

  /// Runs `body` in a transaction, which lands as a whole or not at all.
  func transaction<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    try execute("BEGIN IMMEDIATE")
    do throws(StoreError) {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // The transaction may have been rolled back by the failure itself; then this says so.
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// The prepared form of a statement, made once for each connection.
  func statement(_ sql: String) throws(StoreError) -> Statement {
    if let known = prepared[sql] { return known }
    var made: OpaquePointer?
    guard
      sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
        == SQLITE_OK, let made
    else { throw failure() }
    let statement = Statement(made, of: self)
    prepared[sql] = statement
    return statement
  }

  /// The one integer that a query answers, or nil.
  func integer(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try statement(sql)
    defer { statement.reset() }
    guard try statement.step(), !statement.isNull(0) else { return nil }
    return statement.integer(0)
  }

  /// What failed last, as an error.
  func failure() -> StoreError {
    let code = sqlite3_extended_errcode(handle)
    let words = sqlite3_errmsg(handle).map { String(cString: $0) } ?? "error \(code)"
    switch code & 0xFF {
    case SQLITE_CORRUPT, SQLITE_NOTADB: return .damaged(words)
    case SQLITE_BUSY, SQLITE_LOCKED: return .busy
    default: return .database(words, code: code)
    }
  }
}
