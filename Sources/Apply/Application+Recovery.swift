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
  /// Finishes or undoes what an earlier process left open; call it before anything else.
  @discardableResult
  package func recover() throws -> [Recovery] {
    var found: [Recovery] = []
    for workspace in try Workspace.all(in: session).reversed() where !workspace.has(.closed) {
      guard try belongsHere(workspace) else { continue }
      found.append(try recover(workspace))
    }
    return found
  }

  /// Whether an apply was one of this root.
  private func belongsHere(_ workspace: Workspace) throws -> Bool {
    guard let bytes = try workspace.read(.intent) else { return true }
    return JournalReader.read(bytes).map { $0.root == root.id } ?? true
  }

  @discardableResult
  func recover(_ workspace: Workspace) throws -> Recovery {
    lower.forget()
    if let journal = try workspace.journal() {
      let stages = Stages(rootDirectory, journal.stages)
      try stages.open()
      if workspace.has(.landed) {
        try finish(workspace, journal, stages)
        return .finished(workspace.number)
      }
      try Executor(root: rootDirectory, stages: stages).undo(journal)
      try renewPins(after: journal)
      if let reverted = journal.reverts { try giveBack(journal, stages, to: reverted) }
      try stages.remove()
      restoreTimes(journal.oldTimes)
    } else if let bytes = try workspace.read(.intent), let intent = JournalReader.read(bytes) {
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
    return pins
  }

  /// A file that went away and came back is the same, though its ctime moved: the pins that knew it
  /// by that learn the new one.
  func renewPins(after journal: Journal) throws {
    let paths = journal.operations.map(\.path)
    let pins = try reader().pins().filter { key, _ in
      key.root == root.id && paths.contains { key.path.isWithin($0) }
    }
    for (_, pin) in pins {
      guard let status = try lower.status(pin.path), pin.inode == status.inode,
        pin.size == status.size, pin.modified == status.modified, pin.kind == status.kind,
        pin.permissions == UInt16(status.permissions), pin.changed != status.changed
      else { continue }
      var renewed = pin
      renewed.changed = status.changed
      store.tree.lock.with { store.tree.replacePin(renewed) }
    }
    try store.flush(durable: false)
  }
}
