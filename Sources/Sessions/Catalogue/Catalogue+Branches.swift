import Linux
import Store

// Which session came from which. Sessions that can't be read are passed over: they are asked for
// by name where they matter, and fail there with their own words.
extension Catalogue {
  /// The sessions that were branched from one, and at which of its steps.
  package func branches(of session: Item) throws -> [(name: SessionName, step: StepID)] {
    try items(of: session.project).compactMap { item in
      guard item.name != session.name, let origin = try? origin(of: item.name),
        origin.session == session.name.text
      else { return nil }
      return (item.name, origin.step)
    }.sorted { ($0.step, $0.name) < ($1.step, $1.name) }
  }

  /// Where a session was branched from, if it was.
  package func origin(of name: SessionName) throws -> BranchOrigin? {
    let directory = try open(name)
    return try SessionReader(directory: directory.borrowed).branchOrigin()
  }

  /// Gives a resting session another name; its branches learn of it.
  package func rename(_ session: Item, to name: SessionName) throws {
    let store = try store(of: session.name)
    defer { store.unlock() }
    var branches: [SessionStore] = []
    defer { for branch in branches { branch.unlock() } }
    for branch in try self.branches(of: session) {
      branches.append(try self.store(of: branch.name))
    }
    try move(session.name, to: name)
    for branch in branches { try branch.setBranchedSession(name.text) }
  }

  /// Makes a branch of a session at a step that has ended; nil: at what it is now.
  package func branch(
    _ session: borrowing StoredSession, at wanted: StepID?, named name: SessionName?
  ) throws -> (SessionName, StepID) {
    // While we have its lock, nobody can write it.
    let lock = try session.lockAtRest()
    let isResting = lock != nil
    let step = try wanted ?? session.lastStep(isResting: isResting)
    let made = try make(named: name, for: session.project)
    do {
      let directory = try open(made)
      try SessionStore.branch(
        from: session.directory.borrowed,
        BranchOrigin(session: session.name.text, step: step),
        into: directory.borrowed.duplicate(),
        isResting: isResting && !SessionReader.hasJournal(session.directory.borrowed))
      try Catalogue.enter(directory.borrowed, project: session.project)
      if let lock { try lock.close() }
      return (made, step)
    } catch {
      // What is left of the attempt is no session; the error that matters is the one above.
      try? remove(made)
      throw error
    }
  }

  private func store(of name: SessionName) throws -> SessionStore {
    do { return try SessionStore.open(open(name)) } catch StoreError.busy {
      throw SessionError(
        "session \(name) is running", hint: "wait until its commands have ended, or end them")
    }
  }

  private func move(_ old: SessionName, to new: SessionName) throws {
    do throws(Errno) {
      try sessions.borrowed.rename(old.bytes, to: sessions.borrowed, new.bytes, .noReplace)
    } catch {
      throw SessionError(
        "cannot rename session \(old) to '\(new)': \(error)",
        hint: error == .exists ? "choose another name" : nil,
        kind: error == .exists ? .usage : .failed)
    }
  }
}
