import CSQLite
import Linux

/// A prepared statement: values are bound by position from 1, columns read by position from 0.
final class Statement {
  private let handle: OpaquePointer
  private unowned let database: Database

  init(_ handle: OpaquePointer, of database: Database) {
    self.handle = handle
    self.database = database
  }

  deinit { sqlite3_finalize(handle) }

  /// Whether there is another row.
  func step() throws(StoreError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default:
      let failure = database.failure()
      reset()
      throw failure
    }
  }

  /// Runs a statement that answers no rows, and makes it ready for the next use.
  func run() throws(StoreError) {
    _ = try step()
    reset()
  }

  /// Makes the statement ready for the next use.
  func reset() { sqlite3_reset(handle) }

  func bind(_ position: Int32, _ value: Int64) { sqlite3_bind_int64(handle, position, value) }

  func bind(_ position: Int32, _ value: Int64?) {
    if let value { bind(position, value) } else { sqlite3_bind_null(handle, position) }
  }

  func bind(_ position: Int32, _ value: [UInt8]?) {
    guard let value else {
      sqlite3_bind_null(handle, position)
      return
    }
    // SQLITE_TRANSIENT: the bytes are copied, the array may go.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    if value.isEmpty {
      sqlite3_bind_zeroblob(handle, position, 0)
    } else {
      sqlite3_bind_blob(handle, position, value, Int32(value.count), transient)
    }
  }

  func bind(_ position: Int32, _ value: String) {
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    sqlite3_bind_text(handle, position, value, -1, transient)
  }

  /// Binds bytes that need not outlive the call.
  func bind(_ position: Int32, _ bytes: UnsafeRawBufferPointer) {
    // SQLITE_TRANSIENT, as above.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    if bytes.isEmpty {
      sqlite3_bind_zeroblob(handle, position, 0)
    } else {
      sqlite3_bind_blob(handle, position, bytes.baseAddress, Int32(bytes.count), transient)
    }
  }

  func bindNothing(_ position: Int32) { sqlite3_bind_null(handle, position) }

  /// The type of a value, as SQLite numbers them.
  func type(_ column: Int32) -> Int32 { sqlite3_column_type(handle, column) }

  /// Calls `body` with the bytes of a blob or text, which are there until the next row.
  func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let start = sqlite3_column_blob(handle, column)
    let count = Int(sqlite3_column_bytes(handle, column))
    return body(UnsafeRawBufferPointer(start: start, count: count))
  }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

  func bytes(_ column: Int32) -> [UInt8] {
    let count = Int(sqlite3_column_bytes(handle, column))
    return Array(UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, column), count: count))
  }

  func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

  func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }
}
