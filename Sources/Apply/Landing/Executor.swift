import Changes
import Linux

/// Does the operations of a journal, and undoes them.
struct Executor {
  let root: Descriptor
  let stages: Stages
  /// Called before every operation, with its position; a throw ends the work there.
  var willPerform: (Int) throws -> Void = { _ in }

  /// The host changed what was checked just before; it gets back what it had.
  struct Interference: Error {
    let path: ByteString
  }

  /// Opens the directory above a path; a parent that became a symlink is not followed.
  private func parent(of path: ByteString) throws(Errno) -> OwnedDescriptor {
    try root.open(beneath: path.parent, [.directory, .path])
  }

  /// Does everything; whatever fails, what was done before is undone.
  func perform(_ journal: Journal, below: [Slot: [TreeItem]] = [:]) throws -> [String] {
    var refusals: [String] = []
    do {
      for (index, operation) in journal.operations.enumerated() {
        try willPerform(index)
        refusals += try perform(operation, below)
      }
      setTimes(journal.newTimes)
      try synchronize(journal)
    } catch {
      try undo(journal)
      throw error
    }
    return refusals
  }

  private func perform(_ operation: Operation, _ below: [Slot: [TreeItem]]) throws -> [String] {
    let path = operation.path
    switch operation {
    case .take(let slot, _, let expected):
      try attempt("take", path) { () throws(Errno) in
        let parent = try parent(of: path)
        try parent.borrowed.rename(
          path.lastComponent, to: stages.folder(slot), slot.name, .noReplace)
      }
      try verify(slot, path, expected, below[slot])
    case .put(let slot, _, _):
      do throws(Errno) {
        let parent = try parent(of: path)
        try stages.folder(slot).rename(
          slot.name, to: parent.borrowed, path.lastComponent, .noReplace)
      } catch .exists {
        throw Interference(path: path)
      } catch { throw SystemError("put in place", path, error) }
    case .swap(let slot, _, _, let expected):
      do throws(Errno) {
        let parent = try parent(of: path)
        try stages.folder(slot).rename(
          slot.name, to: parent.borrowed, path.lastComponent, .exchange)
      } catch .noEntry {
        throw Interference(path: path)
      } catch { throw SystemError("put in place", path, error) }
      try verify(slot, path, expected, nil)
    case .overwrite(let new, _, _, let inode): try copy(new, to: path, inode)
    case .attributes(_, let inode, _, let new): return try set(new, path, inode)
    }
    return []
  }

  /// What came out must be what was checked, to the last byte.
  private func verify(
    _ slot: Slot, _ path: ByteString, _ expected: Expected, _ below: [TreeItem]?
  ) throws {
    let status = try attempt("look at", path) { () throws(Errno) in
      try stages.folder(slot).status(of: slot.name)
    }
    guard Expected(status) == expected else { throw Interference(path: path) }
    guard let below else { return }
    let folder = try attempt("look into", path) { () throws(Errno) in try stages.folder(slot) }
    let found = try LowerTree(folder).items(below: slot.name)
    // Times and sizes of directories move with what was taken out of them before.
    let isSame = found.elementsEqual(below) { one, other in
      one.path == other.path && one.inode == other.inode && one.facts.kind == other.facts.kind
        && (one.facts.kind == .directory || one.facts == other.facts)
    }
    if !isSame { throw Interference(path: path) }
  }

  /// Writes a slot's content into a file of the project, which must be the very inode.
  private func copy(_ slot: Slot, to path: ByteString, _ inode: UInt64) throws {
    try attempt("write", path) { () throws(Errno) -> Void in
      let source = try stages.folder(slot).open(slot.name, [.noFollow])
      let target = try root.open(beneath: path, [.readWrite, .noFollow, .nonBlocking])
      guard try target.borrowed.status().inode == inode else { throw .stale }
      let status = try source.borrowed.status()
      try target.borrowed.truncate(to: 0)
      try target.borrowed.copyContent(from: source.borrowed, size: status.size)
      try target.borrowed.truncate(to: status.size)
      try target.borrowed.setTimes(accessed: nil, modified: status.modified)
      try target.borrowed.synchronize()
    }
  }

  private func set(_ metadata: Metadata, _ path: ByteString, _ inode: UInt64) throws -> [String] {
    if path.isEmpty { return try root.set(metadata, of: ".", called: path) }
    let parent = try attempt("open the directory of", path) { () throws(Errno) in
      try self.parent(of: path)
    }
    let status = try attempt("look at", path) { () throws(Errno) in
      try parent.borrowed.status(of: path.lastComponent)
    }
    guard inode == 0 || status.inode == inode else { throw Interference(path: path) }
    return try parent.borrowed.set(metadata, of: path.lastComponent, called: path)
  }

  /// Times are the last thing, and nobody's work depends on them: a directory that refuses one
  /// keeps its own.
  private func setTimes(_ times: [DirectoryTime]) {
    for time in times.sorted(by: { $0.path.count > $1.path.count }) {
      do throws(Errno) {
        let opened = try root.open(beneath: time.path, [.directory])
        try opened.borrowed.setTimes(accessed: nil, modified: time.modified)
      } catch {
        continue
      }
    }
  }

  private func synchronize(_ journal: Journal) throws {
    try attempt("write the project's directories to the disk") { () throws(Errno) in
      try synchronizeParents(journal)
    }
  }

  private func synchronizeParents(_ journal: Journal) throws(Errno) {
    let parents = Set(journal.operations.map(\.path.parent))
    if parents.count > 64 {
      let opened = try root.open(".", [.directory])
      try opened.borrowed.synchronizeFileSystem()
      return
    }
    for parent in parents {
      do throws(Errno) {
        let opened = try root.open(beneath: parent, [.directory])
        try opened.borrowed.synchronize()
      } catch .noEntry, .notDirectory {
        // It was taken away after something had left it.
      }
    }
    try stages.synchronize()
  }
}

// Back.
extension Executor {
  /// Undoes what of a journal was done, however far it came.
  func undo(_ journal: Journal) throws {
    var stuck: [ByteString] = []
    for operation in journal.operations.reversed() {
      do {
        try undo(operation)
      } catch let error as SystemError {
        let isOccupied = error.errno == .exists || LowerTree.meansAbsent(error.errno)
        guard isOccupied else { throw error }
        stuck.append(operation.path)
      }
    }
    setTimes(journal.oldTimes)
    guard stuck.isEmpty else {
      throw ApplyError.stuck(stuck, beside: journal.stages.first ?? ByteString([]))
    }
    try synchronize(journal)
  }

  private func undo(_ operation: Operation) throws {
    let path = operation.path
    switch operation {
    case .take(let slot, _, _):
      guard try held(slot) != nil else { return }
      try putBack(slot, path)
    case .put(let slot, _, let ours): try takeBack(slot, path, ours)
    case .swap(let slot, _, let ours, _): try changeBack(slot, path, ours)
    case .overwrite(_, let old, _, let inode):
      if try isThere(path, inode) { try copy(old, to: path, inode) }
    case .attributes(_, let inode, let old, _):
      guard try isThere(path, inode) else { return }
      do { _ = try set(old, path, inode) } catch is Interference {
        // The host has put another file there in this very moment: that one was never changed.
      }
    }
  }

  private func putBack(_ slot: Slot, _ path: ByteString) throws {
    try attempt("put back", path) { () throws(Errno) in
      let parent = try parent(of: path)
      try stages.folder(slot).rename(
        slot.name, to: parent.borrowed, path.lastComponent, .noReplace)
    }
  }

  /// Takes away what was put in place; what the host has made of it meanwhile stays.
  private func takeBack(_ slot: Slot, _ path: ByteString, _ ours: Expected) throws {
    guard try held(slot) == nil, try isStill(ours, path) else { return }
    try attempt("take back", path) { () throws(Errno) in
      let parent = try parent(of: path)
      try parent.borrowed.rename(
        path.lastComponent, to: stages.folder(slot), slot.name, .noReplace)
    }
    if try !holds(ours, slot) { try putBack(slot, path) }
  }

  /// Puts back what the slot holds of the project, and takes away what came in its place.
  ///
  /// Where that has become something of the host's, it stays, and the slot keeps what was there
  /// before: to give up either would lose it.
  private func changeBack(_ slot: Slot, _ path: ByteString, _ ours: Expected) throws {
    guard let now = try held(slot), now != ours.inode else { return }
    guard try LowerTree(root).status(path) != nil else { return try putBack(slot, path) }
    guard try isStill(ours, path) else { throw SystemError("put back", path, .exists) }
    try exchange(slot, path)
    guard try !holds(ours, slot) else { return }
    try exchange(slot, path)
    throw SystemError("put back", path, .exists)
  }

  private func exchange(_ slot: Slot, _ path: ByteString) throws {
    try attempt("put back", path) { () throws(Errno) in
      let parent = try parent(of: path)
      try stages.folder(slot).rename(
        slot.name, to: parent.borrowed, path.lastComponent, .exchange)
    }
  }

  /// Whether a slot has what was made in it, unchanged.
  private func holds(_ ours: Expected, _ slot: Slot) throws -> Bool {
    try attempt("look into the directory of an apply") { () throws(Errno) in
      try stages.status(slot).map { Expected($0) == ours } ?? false
    }
  }

  /// Whether the path still has what was put there, as it was put there.
  private func isStill(_ ours: Expected, _ path: ByteString) throws -> Bool {
    guard let status = try LowerTree(root).status(path) else { return false }
    return Expected(status) == ours
  }

  /// The inode in a slot.
  private func held(_ slot: Slot) throws -> UInt64? {
    try attempt("look into the directory of an apply") { () throws(Errno) in
      try stages.status(slot)?.inode
    }
  }

  /// Whether the path has the inode that an operation is about: it may not have come there yet.
  private func isThere(_ path: ByteString, _ inode: UInt64) throws -> Bool {
    guard inode != 0 else { return false }
    return try LowerTree(root).status(path)?.inode == inode
  }
}
