import Changes
import Linux
import Store

/// An apply that the session remembers.
package struct PastApply: Sendable {
  package let number: Int
  /// The apply that this one took back; nil: it brought changes of the session.
  package let reverts: Int?
  /// The id of the plan that was applied.
  package let plan: String
  /// Whether a later one has taken it back.
  package internal(set) var isReverted = false
  /// How many operations on the project it was.
  package let operationCount: Int
}

extension Application {
  /// The applies and reverts of this root, oldest first.
  package func history() throws -> [PastApply] {
    var found: [PastApply] = []
    for workspace in try Workspace.all(in: session) where try workspace.has(.closed) {
      guard let journal = try readable(workspace), journal.root == root.id,
        journal.elsewhere == copy
      else { continue }
      found.append(
        PastApply(
          number: workspace.number, reverts: journal.reverts, plan: journal.plan,
          operationCount: journal.operations.count))
    }
    for index in found.indices {
      found[index].isReverted = found.contains { $0.reverts == found[index].number }
    }
    return found
  }

  /// The journal of an apply that has ended; one of another version can only not be taken back.
  private func readable(_ workspace: Workspace) throws -> Journal? {
    do { return try workspace.journal() } catch ApplyError.foreignJournal { return nil }
  }

  /// Takes back an apply, nil: the last one that stands; all of it or nothing.
  ///
  /// A revert is an apply itself: taking it back applies the changes again.
  @discardableResult
  package func revert(_ number: Int? = nil) throws -> Int {
    let history = try history()
    let wanted = number ?? history.last { !$0.isReverted && $0.reverts == nil }?.number
    guard let wanted, history.contains(where: { $0.number == wanted && !$0.isReverted }),
      let past = try Workspace.all(in: session).first(where: { $0.number == wanted }),
      let journal = try past.journal(), let landed = try past.read(.landed)
    else { throw ApplyError.nothingToRevert }
    lower.forget()
    let kept = try past.kept()
    let takenBack = TakenBack(journal, lower, kept: kept.borrowed)
    let found = try comparePlaces(journal, LandedState(landed), takenBack)
    guard found.conflicts.isEmpty else { throw ApplyError.conflicts(found.conflicts) }
    let workspace = try Workspace.make(in: session)
    do {
      try land(workspace, reverting: journal, from: past, found)
    } catch {
      if error is Interruption { throw error }
      if case ApplyError.stuck = error { throw error }
      try recover(workspace)
      if error is Cancellation { throw ApplyError.cancelled }
      if let interference = error as? Executor.Interference {
        throw ApplyError.conflicts([
          Conflict(key: interference.path, kind: .modified, path: interference.path, .changed)
        ])
      }
      throw error
    }
    return workspace.number
  }

  /// What the project has at the places of an apply.
  private struct Places {
    /// Where it is no longer what the apply made it.
    var conflicts: [Conflict] = []
    /// Where it is already what it was before.
    var done: Set<ByteString> = []
    /// Where git has written an index anew that says the same: the file that it is now.
    var refreshed: [ByteString: Expected] = [:]
  }

  private func comparePlaces(
    _ journal: Journal, _ landed: LandedState, _ takenBack: TakenBack
  ) throws -> Places {
    let now = try LandedState(of: journal, lower)
    var places = Places()
    for (path, items) in landed.places.sorted(by: { $0.key < $1.key }) {
      if journal.stages.contains(where: { path.isWithin($0) }) { continue }
      let found = now.places[path] ?? []
      if items.count == found.count, zip(items, found).allSatisfy({ $0.isStill($1) }) {
        if path.isGitIndex { places.refreshed[path] = found.first.map { Expected($0) } }
        continue
      }
      let kind = items.first.flatMap { FileKind(rawValue: $0.kind) }
      if try takenBack.contains(path, landed: kind) {
        places.done.insert(path)
        continue
      }
      let reason: Conflict.Reason =
        found.isEmpty ? .gone : items.isEmpty ? .appeared : .changed
      places.conflicts.append(Conflict(key: path, kind: .modified, path: path, reason))
    }
    try compareTaken(journal, landed, takenBack, &places)
    return places
  }

  /// The places from which an apply took something away for good.
  private func compareTaken(
    _ journal: Journal, _ landed: LandedState, _ takenBack: TakenBack, _ places: inout Places
  ) throws {
    for case .take(let slot, let path, _) in journal.operations
    where landed.places[path] == nil && Keeper.keptSlots(of: journal).contains(slot) {
      if try takenBack.contains(path, landed: nil) {
        places.done.insert(path)
      } else if try lower.status(path) != nil {
        places.conflicts.append(Conflict(key: path, kind: .deleted, path: path, .appeared))
      } else if try !isDirectory(path.parent, journal) {
        places.conflicts.append(Conflict(key: path, kind: .deleted, path: path, .parentGone))
      }
    }
  }

  /// Whether what an apply took away has a directory to come back to: the project's, or one that
  /// comes back as well.
  private func isDirectory(_ path: ByteString, _ journal: Journal) throws -> Bool {
    if path.isEmpty { return true }
    for case .take(_, let taken, _) in journal.operations where path.isWithin(taken) { return true }
    return try lower.status(path)?.kind == .directory
  }

  private func land(
    _ workspace: Workspace, reverting journal: Journal, from past: Workspace, _ found: Places
  ) throws {
    let name = ByteString(
      ".cowbox-\(session.realPath.lastComponent.printable)-\(workspace.number)")
    var back = Journal(root: root.id, plan: journal.plan, reverts: past.number)
    back.elsewhere = copy
    back.stages = journal.stages.map { $0.parent.appending(name) }
    back.oldTimes = try journal.newTimes.compactMap { try timeNow(of: $0.path) }
    for stage in back.stages where !back.oldTimes.contains(where: { $0.path == stage.parent }) {
      if let time = try timeNow(of: stage.parent) { back.oldTimes.append(time) }
    }
    back.newTimes = journal.oldTimes
    try workspace.begin(JournalText(back).bytes, in: session)
    try checkpoint("stage")
    let stages = Stages(rootDirectory, back.stages)
    try stages.make()
    let kept = try past.kept()
    for slot in Keeper.keptSlots(of: journal) {
      try attempt("bring back what an apply kept") { () throws(Errno) in
        try kept.borrowed.moveTree(
          Keeper.name(of: slot), to: stages.folder(slot), slot.name)
      }
    }
    back.operations = try inverse(of: journal, back, stages, found.refreshed)
      .filter { !found.done.contains($0.path) }
    if copy == nil { back.pins = try keptPins() }
    try checkpoint("journal")
    try workspace.write(.journal, JournalText(back).bytes)
    try execute(back, stages, [:])
    try workspace.write(.landed, LandedState(of: back, lower).text)
    try finish(workspace, back, stages)
  }

  private func timeNow(of path: ByteString) throws -> DirectoryTime? {
    try lower.status(path).map { DirectoryTime(path: path, modified: $0.modified) }
  }

  /// The operations that undo those of a journal, in the opposite order; `refreshed` are files that
  /// are others than those that landed, and say the same.
  private func inverse(
    of journal: Journal, _ back: Journal, _ stages: Stages, _ refreshed: [ByteString: Expected]
  ) throws -> [Operation] {
    func held(_ slot: Slot) throws -> Expected? {
      try attempt("look at what an apply kept") { () throws(Errno) in
        try stages.status(slot).map { Expected($0) }
      }
    }
    /// A path in a stage is one in the new stage.
    func moved(_ path: ByteString) -> ByteString {
      for (old, new) in zip(journal.stages, back.stages) where path.isWithin(old) {
        return new.appending(path.relative(to: old))
      }
      return path
    }
    // A slot holds what was kept only until the first operation on it.
    var used: Set<Slot> = []
    return try journal.operations.reversed().map { operation in
      switch operation {
      case .take(let slot, let path, let expected):
        let kept = used.insert(slot).inserted ? try held(slot) : nil
        return .put(slot, path, held: expected.with(inode: kept?.inode))
      case .put(let slot, let path, let ours):
        used.insert(slot)
        return .take(slot, path, refreshed[path] ?? ours)
      case .swap(let slot, let path, let ours, let expected):
        let kept = used.insert(slot).inserted ? try held(slot) : nil
        return .swap(
          slot, path, held: expected.with(inode: kept?.inode), refreshed[path] ?? ours)
      case .overwrite(let new, let old, let path, let inode):
        return .overwrite(
          new: old, old: new, moved(path), inode: refreshed[path]?.inode ?? inode)
      case .attributes(let path, let inode, let old, let new):
        return .attributes(
          moved(path), inode: refreshed[path]?.inode ?? inode, old: new, new: old)
      }
    }
  }

  /// Moves what a revert that did not happen had taken from what an apply kept back there.
  func giveBack(_ journal: Journal, _ stages: Stages, to number: Int) throws {
    guard let past = try Workspace.all(in: session).first(where: { $0.number == number }),
      let undone = try past.journal()
    else { return }
    let kept = try past.kept()
    for slot in Keeper.keptSlots(of: undone) {
      try attempt("keep what was replaced") { () throws(Errno) in
        guard try stages.status(slot) != nil else { return }
        try stages.folder(slot).moveTree(slot.name, to: kept.borrowed, Keeper.name(of: slot))
      }
    }
  }

  /// Gives the session its changes back, unless it has moved on since.
  func settleRevert(_ number: Int, of reverted: Int) throws {
    let message = Self.message(of: number)
    let reader = try reader()
    let last = try reader.changingSteps().max()
    guard let applied = try step(of: reverted), (last ?? applied) <= applied,
      let before = try reader.steps().last(where: { $0.id < applied })?.id
    else {
      let step = store.beginStep(.undo, message: message)
      store.endStep(step, status: 0)
      return try store.flush(durable: true)
    }
    try renewAllPins(reverted)
    _ = try store.restore(to: before, as: .undo, message: message)
  }

  /// The session knows again what it knew before an apply; the files are the same, their ctimes
  /// are not.
  ///
  /// What the apply left out, or overruled, is known as it was: there the host has changed
  /// something.
  private func renewAllPins(_ reverted: Int) throws {
    guard let past = try Workspace.all(in: session).first(where: { $0.number == reverted }),
      let journal = try past.journal()
    else { return }
    lower.forget()
    var known = try reader().pins().filter { $0.key.root == root.id }
    for kept in journal.pins {
      let old = known.removeValue(forKey: PinKey(root: root.id, path: kept.path))
      guard let status = try lower.status(kept.path) else { continue }
      if let old, old.hash == kept.hash, old.base?.rawValue == kept.base {
        if let renewed = old.renewed(by: status) {
          store.tree.lock.with { store.tree.replacePin(renewed) }
        }
        continue
      }
      var pin = Pin(root: root.id, path: kept.path, status: status)
      pin.hash = kept.hash
      pin.base = kept.base.map { ObjectID($0) }
      if status.kind == .symlink { pin.target = try lower.target(kept.path) }
      if status.kind == .regular, status.size != kept.size || status.modified != kept.modified {
        (pin.size, pin.modified, pin.changed) = (kept.size, kept.modified, kept.modified)
      }
      store.tree.lock.with { store.tree.replacePin(pin) }
    }
    for key in known.keys { store.tree.lock.with { store.tree.removePin(key) } }
  }
}

extension Expected {
  /// The same file under another inode: keeping it may have copied it.
  ///
  /// Its size and time are those that it will have once its content is back.
  fileprivate func with(inode: UInt64?) -> Expected {
    var copy = self
    if let inode { copy.inode = inode }
    return copy
  }
}
