import Changes
import Linux
import Store

extension LowerTree {
  /// What the git index at a path says; nil where it is none that is understood.
  func index(_ path: ByteString) throws -> GitIndex? {
    let opened = try open(path)
    return try opened.borrowed.index(path)
  }
}

extension Descriptor {
  /// What this file says as the git index of a path; nil where it is too large to be looked at.
  func index(_ path: ByteString) throws -> GitIndex? {
    let limit = Pin.keptByteCount(of: path)
    return try attempt("read", path) { () throws(Errno) -> GitIndex? in
      guard try status().size <= limit else { return nil }
      return try GitIndex(readAll(limit: Int(limit)))
    }
  }
}
