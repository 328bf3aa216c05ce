import Linux

// What a merge brings into a session from its branch.
extension SessionStore {
  /// Opens a step whose tree is the one given.
  package func adopt(
    _ saved: SavedTree, _ attributes: [NodeID: [ByteString: [UInt8]]], as kind: Step.Kind,
    message: String
  ) throws(StoreError) -> StepID {
    try flush(durable: false)
    let step = beginStep(kind, message: message)
    tree.lock.with {
      tree.nextNode = max(tree.nextNode, (saved.nodes.keys.map(\.rawValue).max() ?? 0) + 1)
      _ = tree.become(saved, attributes)
    }
    for node in tree.lock.with({ Array(tree.nodes.values) })
    where node.row.flags.contains(.partial) {
      try loadExtents(of: node)
    }
    endStep(step, status: 0)
    try flush(durable: true)
    return step.id
  }

  /// Takes in an object of another session, under a number of its own.
  ///
  /// Neither session may write it again: its step has ended in both.
  package func importObject(_ id: ObjectID, of other: SessionStore) throws(StoreError) -> ObjectID {
    let number = tree.lock.with { tree.makeObject() }
    do {
      try files.shareObject(id, of: other.files, as: number)
    } catch { throw .system(SystemError("share the session's object", nil, error)) }
    spares.noteName()
    let extents = try other.write { database throws(StoreError) in try database.extents(of: id) }
    guard !extents.isEmpty else { return number }
    try write { database throws(StoreError) in
      for range in extents {
        let row = try database.statement(
          "INSERT INTO extent (object, start, length) VALUES (?,?,?)")
        row.bind(1, number.rawValue)
        row.bind(2, range.lowerBound)
        row.bind(3, range.upperBound - range.lowerBound)
        try row.run()
      }
    }
    return number
  }

  /// Takes in what another session keeps of the project where this one keeps nothing.
  package func importPins(of other: SessionStore) throws(StoreError) {
    for (key, pin) in other.tree.lock.with({ other.tree.pins }) {
      if tree.lock.with({ tree.isPinned(key) }) { continue }
      guard let base = pin.base else {
        tree.lock.with { tree.setPin(pin) }
        continue
      }
      let content: [UInt8]
      do {
        let file = try other.files.openBase(base)
        content = try file.borrowed.readAll(limit: 1 << 30)
      } catch { throw .system(SystemError("read kept content", pin.path, error)) }
      tree.lock.with { tree.setBase(pin, content) }
    }
  }

  /// Says up to where a branch was merged, and into which step.
  package func setBranchPoint(_ origin: BranchOrigin, committed: StepID) throws(StoreError) {
    try write { database throws(StoreError) in
      for (key, value) in [
        ("branched_step", origin.step.rawValue), ("committed_step", committed.rawValue),
      ] {
        let row = try database.statement("INSERT OR REPLACE INTO meta (key, value) VALUES (?,?)")
        row.bind(1, key)
        row.bind(2, value)
        try row.run()
      }
    }
  }
}

extension SessionReader {
  /// The step of a branch up to which its changes are in the session it came from.
  package func committedStep() throws(StoreError) -> StepID {
    StepID(
      try database.integer("SELECT value FROM meta WHERE key = 'committed_step'") ?? 1)
  }
}
