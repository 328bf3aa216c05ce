import Changes
import Linux
import Store

/// What became of an apply that was interrupted.
package enum Recovery: Sendable, Equatable {
  /// The project is as it was before; the session still has everything.
  case undone(Int)
  /// The project has everything; the session knows it now.
  case finished(Int)
}

extension Application {
  /// Whether an apply of a session was interrupted; only the last one can be.
  package static func isInterrupted(in session: Descriptor) throws -> Bool {
    try Workspace.last(in: session).map { try !$0.has(.closed) } ?? false
  }

  /// Finishes or undoes what earlier processes left open in any root of a session and any copy of
  /// one; call it before anything else.
  @discardableResult
  package static func recover(_ store: SessionStore) throws -> [Recovery] {
    var found: [Recovery] = []
    for workspace in try Workspace.all(in: store.files.directory.borrowed).reversed()
    where try !workspace.has(.closed) {
      guard let intent = try workspace.intent() else {
        try workspace.remove(from: store.files.directory.borrowed)
        continue
      }
      guard let application = try application(of: intent, in: store) else { continue }
      found.append(try application.recover(workspace))
    }
    return found
  }

  /// The root or copy that a journal is about; nil: the copy is no longer there.
  private static func application(of journal: Journal, in store: SessionStore) throws
    -> Application?
  {
    guard let root = store.roots.first(where: { $0.id == journal.root }) else {
      throw ApplyError.damagedJournal(store.files.directory.borrowed.realPath)
    }
    let directory = try attempt("open", root.path) { () throws(Errno) in
      try Descriptor.currentDirectory.open(root.path, [.directory, .noFollow])
    }
    guard let copy = journal.elsewhere else {
      return try Application(store, root: root, directory: directory)
    }
    do throws(Errno) {
      let opened = try Descriptor.currentDirectory.open(copy.path, [.directory])
      let status = try opened.borrowed.status()
      guard status.device == copy.device, status.inode == copy.inode else { return nil }
    } catch .noEntry, .notDirectory {
      return nil
    } catch { throw SystemError("open", copy.path, error) }
    let opened = try attempt("open", copy.path) { () throws(Errno) in
      try Descriptor.currentDirectory.open(copy.path, [.directory])
    }
    return try Application(
      store, root: root, directory: directory, copyAt: copy.path, copy: opened)
  }

  @discardableResult
  func recover(_ workspace: Workspace) throws -> Recovery {
    lower.forget()
    if let journal = try workspace.journal() {
      let stages = Stages(rootDirectory, journal.stages)
      try stages.open()
      if try workspace.has(.landed) {
        try finish(workspace, journal, stages)
        return .finished(workspace.number)
      }
      try Executor(root: rootDirectory, stages: stages).undo(journal)
      try renewPins(after: journal)
      if let reverted = journal.reverts { try giveBack(journal, stages, to: reverted) }
      try stages.remove()
      restoreTimes(journal.oldTimes)
    } else if let intent = try workspace.intent() {
      let stages = Stages(rootDirectory, intent.stages)
      try stages.open()
      if let reverted = intent.reverts { try giveBack(intent, stages, to: reverted) }
      try stages.remove()
      restoreTimes(intent.oldTimes)
    }
    try workspace.remove(from: session)
    return .undone(workspace.number)
  }

  /// Making and removing a stage moves the time of the directory that it was in.
  func restoreTimes(_ times: [DirectoryTime]) {
    for time in times {
      do throws(Errno) {
        let opened = try rootDirectory.open(beneath: time.path, [.directory])
        try opened.borrowed.setTimes(accessed: nil, modified: time.modified)
      } catch {
        // Only a time: a directory that refuses it keeps its own.
        continue
      }
    }
  }

  /// The pinned files with several names that are still what they were.
  func linkedPins(without unpinned: [ByteString]) throws -> [ByteString] {
    let gone = Set(unpinned)
    return try reader().pins().values.filter { pin in
      guard pin.root == root.id, pin.linkCount > 1, pin.kind == .regular, !gone.contains(pin.path)
      else { return false }
      return try lower.status(pin.path).map { pin.isIdentity(of: $0) } ?? false
    }.map(\.path)
  }

  /// Pins files as they are now; answers all pins.
  func pinAgain(_ settlement: Settlement) throws -> [PinKey: Pin] {
    var pins = try reader().pins()
    for path in settlement.relinked {
      let key = PinKey(root: root.id, path: path)
      guard let old = pins[key],
        let status = try lower.status(path)
          ?? settlement.moved(path).flatMap({ try lower.status($0) })
      else { continue }
      var pin = Pin(root: root.id, path: path, status: status)
      if old.size == pin.size, old.modified == pin.modified {
        (pin.hash, pin.base) = (old.hash, old.base)
      }
      pins[key] = pin
      store.tree.lock.with { store.tree.replacePin(pin) }
    }
    for path in settlement.repinned {
      pins[PinKey(root: root.id, path: path)] = try pinLanded(path)
    }
    return pins
  }

  /// Pins a file of which only a part was applied, with its content.
  private func pinLanded(_ path: ByteString) throws -> Pin? {
    guard let status = try lower.status(path) else { return nil }
    var pin = Pin(root: root.id, path: path, status: status)
    let content = try lower.open(path)
    pin.hash = try content.borrowed.contentHash()
    let bytes =
      status.size > pin.keptByteCount
      ? nil
      : try attempt("read", path) { () throws(Errno) in
        try content.borrowed.readAll(limit: Int(pin.keptByteCount))
      }
    store.tree.lock.with {
      if let bytes { store.tree.setBase(pin, bytes) } else { store.tree.replacePin(pin) }
    }
    return store.tree.lock.with { store.tree.pin(PinKey(root: root.id, path: path)) }
  }

  /// A file that went away and came back is the same, though its ctime moved: the pins that knew it
  /// by that learn the new one.
  func renewPins(after journal: Journal) throws {
    let paths = journal.operations.map(\.path)
    let pins = try reader().pins().filter { key, _ in
      key.root == root.id && paths.contains { key.path.isWithin($0) }
    }
    for (_, pin) in pins {
      guard let renewed = try lower.status(pin.path).flatMap({ pin.renewed(by: $0) }) else {
        continue
      }
      store.tree.lock.with { store.tree.replacePin(renewed) }
    }
    try store.flush(durable: false)
  }
}

extension Pin {
  /// The pin of the same file whose ctime moved, and nothing else; nil: nothing moved, or more did.
  func renewed(by status: FileStatus) -> Pin? {
    guard inode == status.inode, size == status.size, modified == status.modified,
      kind == status.kind, permissions == UInt16(status.permissions), changed != status.changed
    else { return nil }
    var renewed = self
    renewed.changed = status.changed
    return renewed
  }
}
