import Linux

extension Record {
  /// The path that a record is about.
  var path: ByteString? {
    switch self {
    case .content(let path, _), .attributes(let path, _), .made(let path, _),
      .removed(let path, _), .renamed(_, let path, _), .replaced(_, let path, _):
      path
    case .staged, .left, .void, .closed: nil
    }
  }
}

// What somebody else has done since: seen at a file that is not as we left it.
extension LiveTree {
  /// What stands in the way of taking a record back; nil: nothing does.
  func barrier(before record: Record) throws(BackError) -> BackError? {
    do throws(Errno) {
      return try foreign(record).map { .barrier(record.path ?? ByteString([]), $0) }
    } catch { throw .failed(record.path ?? ByteString([]), error) }
  }

  private func foreign(_ record: Record) throws(Errno) -> String? {
    switch record {
    case .content(let path, _), .attributes(let path, _): return try foreign(path)
    case .made(let path, .directory):
      guard try statusIfAny(path) != nil else { return "it was removed" }
      let opened = try root.borrowed.open(beneath: path, [.path, .directory])
      let names = try opened.borrowed.entryNames()
      return names.first.map { "it now holds '\($0.printable)'" }
    case .made(let path, _): return try foreign(path)
    case .removed(let path, _):
      return try statusIfAny(path) == nil ? nil : "something else has taken its place"
    case .renamed(let from, let to, let exchanges):
      if try statusIfAny(to) == nil { return "it was removed" }
      if exchanges { return nil }
      if try statusIfAny(from) != nil {
        return "'\(from.printable)' has been taken by something else"
      }
      return nil
    case .replaced(let from, let to, _):
      if try statusIfAny(from) != nil {
        return "'\(from.printable)' has been taken by something else"
      }
      return try statusIfAny(to) == nil ? "it was removed" : nil
    case .staged, .left, .void, .closed: return nil
    }
  }

  private func foreign(_ path: ByteString) throws(Errno) -> String? {
    guard let status = try statusIfAny(path) else { return "it was removed" }
    if status.kind == .directory { return nil }
    guard let print = left[FileKey(status)] else { return "another file has taken its place" }
    return print == Fingerprint(status) ? nil : "it was changed by somebody else"
  }
}
