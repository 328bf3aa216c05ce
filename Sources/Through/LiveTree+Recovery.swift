import Linux

extension LiveTree {
  /// Reads how files were left, and closes the step that a crash has cut off.
  func recover() throws(Errno) {
    for step in try log.steps() {
      let records = try log.records(of: step)
      for case .left(let key, let print) in records { left[key] = print }
      guard records.last != .closed else { continue }
      try log.resume(step)
      try recover(records)
      try closeStep()
    }
    log.begin(0)
  }

  /// What the last record announced may not have been done; what is there now was left by us.
  private func recover(_ records: [Record]) throws(Errno) {
    var records = records
    if let last = records.last, try !wasDone(last) {
      try log.append(.void)
      records.removeLast()
    }
    for record in records {
      switch record {
      case .content(let path, _), .attributes(let path, _), .made(let path, _),
        .renamed(_, let path, _), .replaced(_, let path, _):
        if let status = try statusIfAny(path) { note(status) }
      case .staged(let path): try dropStaged(path)
      case .removed, .left, .void, .closed: break
      }
    }
  }

  func dropStaged(_ path: ByteString) throws(Errno) {
    let place = try place(path)
    do throws(Errno) { try place.directory.borrowed.remove(place.name) } catch .noEntry {
      // It came into its place.
    }
  }

  func statusIfAny(_ path: ByteString) throws(Errno) -> FileStatus? {
    do throws(Errno) { return try place(path).statusIfAny() } catch .noEntry, .notDirectory {
      return nil
    }
  }

  private func wasDone(_ record: Record) throws(Errno) -> Bool {
    switch record {
    case .made(let path, _): try statusIfAny(path) != nil
    case .removed(let path, let image):
      try statusIfAny(path).map { FileKey($0) != image.key } ?? true
    case .renamed(let from, _, exchanges: false): try statusIfAny(from) == nil
    case .replaced(_, let to, let image):
      try statusIfAny(to).map { FileKey($0) != image.key } ?? true
    case .renamed(_, _, exchanges: true): true
    case .content, .attributes, .staged, .left, .void, .closed: true
    }
  }
}
