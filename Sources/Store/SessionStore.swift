import Linux

/// A session's store, open for writing: at most one process has it, by lock.
package final class SessionStore: @unchecked Sendable {
  // Invariant: `database` is used under `writing` only; `tree` guards itself.
  package let tree: Tree
  package let roots: [Root]
  package let files: SessionFiles
  private let database: Database
  private let lock: SessionLock
  let writing = Lock()
  /// Why changes are refused; nil: they are not.
  var failure: StoreError?
  /// Whether everything accepted was written, and only a reserve is missing.
  var lacksOnlyReserve = false
  /// When a change that was refused last made the store try again.
  var retried: Int64 = 0
  let spares = SpareObjects()
  private let maker = ObjectMaker()
  let reserve = SpaceReserve()

  /// Makes a session in an empty directory that exists.
  package static func create(in directory: consuming OwnedDescriptor, roots: [Root])
    throws(StoreError) -> SessionStore
  {
    try SessionFiles.create(in: directory.borrowed)
    let lock = try SessionLock(in: directory.borrowed)
    let files = try SessionFiles.open(directory)
    let database = try Database(path: files.databasePath, mode: .create)
    try database.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; BEGIN")
    try database.execute(Schema.creation)
    for root in roots { try root.insert(into: database) }
    try database.execute("COMMIT")
    return try SessionStore(files: files, database: database, lock: lock, roots: roots)
  }

  /// Opens a session for writing.
  ///
  /// What it is to show besides what it did so far becomes a root of it, untouched in all steps;
  /// only a second home does not.
  package static func open(
    _ directory: consuming OwnedDescriptor, showing wanted: [Root] = []
  ) throws(StoreError) -> SessionStore {
    let lock = try SessionLock(in: directory.borrowed)
    let files = try SessionFiles.open(directory)
    try files.settle()
    files.clean()
    let database = try Database(path: files.databasePath, mode: .write)
    try database.checkFormat()
    try database.execute("PRAGMA journal_mode = WAL")
    let roots = try database.roots(adding: wanted)
    return try SessionStore(files: files, database: database, lock: lock, roots: roots)
  }

  deinit { leaveReserve() }

  private init(
    files: consuming SessionFiles, database: Database, lock: consuming SessionLock,
    roots: [Root]
  ) throws(StoreError) {
    try database.execute(Schema.settings)
    let step = StepID(try database.integer("SELECT max(id) FROM step") ?? 1)
    let largest = try database.integer("SELECT max(id) FROM node") ?? 0
    let firstNode = Int64(1000)
    let saved = try database.tree(at: nil)
    tree = Tree(
      step: step, pins: try database.pins(),
      nextNode: max(
        try database.integer("SELECT value FROM meta WHERE key = 'next_node'") ?? firstNode,
        largest + 1),
      nextObject: try database.integer("SELECT value FROM meta WHERE key = 'next_object'") ?? 1)
    // Every row was saved in an earlier step or in this one; earlier is what keeps it.
    tree.load(
      saved, attributes: try database.extendedAttributes(at: nil), savedStep: StepID(-1))
    for node in tree.nodes.values where node.row.flags.contains(.partial) {
      guard let object = node.row.object else { continue }
      node.extents = ExtentMap(try database.extents(of: object))
    }
    self.roots = roots
    self.database = database
    self.files = files
    self.lock = lock
    if try database.integer("SELECT count(*) FROM step") == 0 { begin() }
  }

  private func begin() {
    for root in roots { tree.makeRoot(root) }
    tree.record(
      Step(
        id: tree.step, kind: .begin, began: .now, ended: .now, command: [], status: nil,
        message: ""))
  }
}

// Steps.
extension SessionStore {
  /// Ends what was going on and lets what follows belong to a new step.
  package func beginStep(
    _ kind: Step.Kind, command: [ByteString] = [], message: String = "", restores: StepID? = nil
  ) -> Step {
    tree.lock.with {
      let step = Step(
        id: StepID(tree.step.rawValue + 1), kind: kind, began: .now, ended: nil, command: command,
        status: nil, message: message, restores: restores)
      tree.advance(to: step.id)
      tree.record(step)
      return step
    }
  }

  /// Records how a step ended; its changes end only where the next step begins.
  package func endStep(_ step: Step, status: Int32?) {
    var ended = step
    ended.ended = .now
    ended.status = status
    tree.lock.with { tree.record(ended) }
  }
}

// Writing.
extension SessionStore {
  /// Writes everything that was changed before the call, in one transaction.
  ///
  /// `durable` also waits for the disk. What can't be written is kept and tried again by the next
  /// call; until then every change is refused, see `admit()`.
  package func flush(durable: Bool) throws(StoreError) {
    try writing.with { () throws(StoreError) in
      let batches = tree.lock.with { () -> [SealedBatch] in
        tree.seal()
        defer { tree.sealed = [] }
        return tree.sealed
      }
      do throws(StoreError) {
        if durable || !batches.isEmpty { try writeInReserve(batches, durable: durable) }
        lacksOnlyReserve = !reserve.hold(in: files.run.borrowed)
        failure =
          lacksOnlyReserve ? .system(SystemError("keep space in reserve", nil, .noSpace)) : nil
      } catch {
        tree.lock.with { tree.sealed.insert(contentsOf: batches, at: 0) }
        lacksOnlyReserve = false
        failure = error
        throw error
      }
    }
  }

  /// Writes, if need be with the space that was set aside for it.
  private func writeInReserve(_ batches: [SealedBatch], durable: Bool) throws(StoreError) {
    do throws(StoreError) {
      try write(batches, durable: durable)
    } catch {
      guard error.errno == .noSpace, reserve.isHeld else { throw error }
      reserve.giveUp(in: files.run.borrowed)
      try write(batches, durable: durable)
    }
  }

  private func write(_ batches: [SealedBatch], durable: Bool) throws(StoreError) {
    do {
      for batch in batches where !batch.batch.bases.isEmpty {
        for (id, content) in batch.batch.bases {
          let file = try maker.makeBase(id, in: files)
          try file.borrowed.write(content)
        }
        spares.noteName()
      }
    } catch { throw .system(SystemError("keep the project's content in the session", nil, error)) }
    if durable, spares.takeNewNames() {
      do { try files.synchronizeObjects() } catch {
        spares.noteName()
        throw .system(SystemError("write the session's objects to the disk", nil, error))
      }
    }
    try database.execute("PRAGMA synchronous = \(durable ? "FULL" : "NORMAL")")
    try database.transaction { () throws(StoreError) in
      for batch in batches { try batch.write(to: database) }
      if durable && batches.isEmpty {
        // An empty transaction would not reach the disk: earlier ones may still be on their way.
        try database.execute("UPDATE meta SET value = value WHERE key = 'next_node'")
      }
    }
    for object in batches.flatMap(\.batch.deadObjects) { spares.recycle(object, files) }
  }

  /// Runs `body` in a transaction of its own.
  func write<Result>(_ body: (Database) throws(StoreError) -> Result) throws(StoreError) -> Result {
    try writing.with { () throws(StoreError) in
      try database.transaction { () throws(StoreError) in try body(database) }
    }
  }

  /// The tree of a step, with its extended attributes.
  func readTree(at step: StepID?) throws(StoreError) -> (
    SavedTree, [NodeID: [ByteString: [UInt8]]]
  ) {
    try writing.with { () throws(StoreError) in
      (try database.tree(at: step), try database.extendedAttributes(at: step))
    }
  }

  /// Reads which bytes of a partial object are its own.
  func loadExtents(of node: LiveNode) throws(StoreError) {
    guard let object = node.row.object else { return }
    let ranges = try writing.with { () throws(StoreError) in try database.extents(of: object) }
    tree.lock.with {
      node.extents = ExtentMap(ranges)
      node.lowerSize = node.row.size
    }
  }

  /// An empty object to be written, and its number.
  package func newObject() throws(Errno) -> NewObject {
    if let spare = try spares.take(files) { return spare }
    let id = tree.lock.with { tree.makeObject() }
    let file = try maker.make(id, in: files, memoryIsFull: !hasMemoryLeft)
    spares.noteName()
    return NewObject(id: id, file: file)
  }

  /// Takes back an object that nothing came of.
  package func giveBack(_ object: ObjectID) { spares.recycle(object, files) }

  /// Counts what the objects of all steps take, for a session whose size has a limit.
  package func measureContent() throws(Errno) {
    var total: Int64 = 0
    for directory in files.objectPlaces + files.basePlaces {
      for name in try directory.entryNames() {
        total += try directory.status(of: name).allocated
      }
    }
    tree.lock.lock()
    defer { tree.lock.unlock() }
    tree.byteCount = total
    for node in tree.nodes.values where node.row.objectStep == tree.step {
      guard let object = node.row.object else { continue }
      node.chargedBytes = try files.objectStatus(object).allocated
    }
  }

  /// Makes objects ahead, while somebody is using them up.
  func refillSpares() {
    spares.beginRefill()
    while spares.isWanted {
      let id = tree.lock.with { tree.makeObject() }
      // Without a spare the next one is made when it is needed, and says then what failed.
      guard let made = try? maker.make(id, in: files, memoryIsFull: false) else { return }
      _ = consume made
      spares.noteName()
      spares.add(id)
    }
  }

  /// Folds the write-ahead log into the database, for a session that comes to rest.
  package func checkpoint() throws(StoreError) {
    try flush(durable: true)
    spares.removeAll(files)
    maker.close()
    reserve.giveUp(in: files.run.borrowed)
    try writing.with { () throws(StoreError) in
      try database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }
  }

  /// Says that the session is about to be removed: nothing of it need reach the disk any more.
  package func abandon() throws(StoreError) {
    try writing.with { () throws(StoreError) in
      try database.execute("PRAGMA synchronous = OFF")
    }
  }

  /// Lets another process have the session, which is at rest and not changed here any more.
  package func unlock() {
    leaveReserve()
    lock.giveUp()
  }

  /// The space is set aside for who writes, not for a session that rests.
  private func leaveReserve() {
    if reserve.isHeld { reserve.giveUp(in: files.run.borrowed) }
  }

  /// Whether the session holds no change.
  package var isUnchanged: Bool {
    tree.lock.with { tree.nodes.values.allSatisfy { $0.names.count == 0 && $0.isUntouchedRoot } }
  }
}

extension LiveNode {
  fileprivate var isUntouchedRoot: Bool {
    row.id.rawValue == row.root && row.flags.contains(.lowerAttributes)
      && row.flags.contains(.lowerExtendedAttributes)
  }
}

extension Tree {
  /// Makes the node of a root's top directory, whose number is the root's.
  fileprivate func makeRoot(_ root: Root) {
    insert(LiveNode(Node(topOf: root, in: step)))
  }
}

extension Node {
  /// The top directory of a root of which nothing was changed.
  fileprivate init(topOf root: Root, in step: StepID) {
    self.init(
      id: root.node, root: root.id, kind: .directory,
      flags: [.merged, .lowerAttributes, .lowerExtendedAttributes], permissions: 0o755, owner: 0,
      group: 0, device: 0, linkCount: 2, size: 0, accessed: .now, modified: .now, changed: .now,
      inode: root.inode, object: nil, objectStep: step, target: nil, origin: ByteString([]),
      originDevice: root.device, originInode: root.inode)
  }
}

extension Database {
  /// The session's roots, with those of the wanted whose paths are none yet.
  fileprivate func roots(adding wanted: [Root]) throws(StoreError) -> [Root] {
    var roots = try roots()
    let missing = wanted.filter { root in
      !roots.contains { $0.path == root.path || $0.role == .home && root.role == .home }
    }
    if missing.isEmpty { return roots }
    try transaction { () throws(StoreError) in
      for root in missing {
        let added = Root(
          id: (roots.map(\.id).max() ?? 0) + 1, path: root.path, role: root.role,
          device: root.device, inode: root.inode)
        try added.insert(into: self)
        try insert(Node(topOf: added, in: StepID(1)), from: StepID(1))
        roots.append(added)
      }
    }
    return roots
  }
}

extension Root {
  fileprivate func insert(into database: Database) throws(StoreError) {
    let row = try database.statement(
      "INSERT INTO root (id, path, role, device, inode) VALUES (?,?,?,?,?)")
    row.bind(1, id)
    row.bind(2, path.bytes)
    row.bind(3, role.rawValue)
    row.bind(4, Int64(bitPattern: device))
    row.bind(5, Int64(bitPattern: inode))
    try row.run()
  }
}
