import Linux

/// What went wrong with a session's store, and what helps.
package enum StoreError: Error, Sendable {
  /// The database answered with an error.
  case database(String, code: Int32)
  /// The session was written by a newer cowbox.
  case newerFormat(found: Int64, known: Int64)
  /// The database is not a session's, or damaged.
  case damaged(String)
  /// Another process holds the session.
  case busy
  /// A directory that a path needs is not what it was.
  case unreachable(ByteString)
  /// A file of the store could not be reached.
  case system(SystemError)

  /// The error number that a program inside sees.
  package var errno: Errno {
    switch self {
    case .database(_, let code): StoreError.errno(code)
    case .system(let error): error.errno
    case .busy: .busy
    case .unreachable: .notDirectory
    case .newerFormat, .damaged: .io
    }
  }

  private static func errno(_ code: Int32) -> Errno {
    switch code & 0xFF {
    case 13: .noSpace  // SQLITE_FULL
    case 7: .noMemory  // SQLITE_NOMEM
    case 8: .readOnly  // SQLITE_READONLY
    default: .io
    }
  }
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .database(let words, _): "the session's database failed: \(words)"
    case .newerFormat(let found, let known):
      "the session has format \(found), this cowbox knows up to \(known): use the newer cowbox"
    case .damaged(let words): "the session's database is damaged: \(words)"
    case .busy: "the session is in use by another cowbox"
    case .unreachable(let path):
      "'\(path.printable)' is no longer the directory that it was: bring it back as well"
    case .system(let error): error.description
    }
  }
}
