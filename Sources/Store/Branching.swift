import Linux

/// Where a session was branched from.
package struct BranchOrigin: Hashable, Sendable {
  /// The id of the session.
  package let session: String
  package let step: StepID

  /// A step of a session.
  package init(session: String, step: StepID) {
    self.session = session
    self.step = step
  }
}

// A branch is a session whose first step is a step of another: its rows are copied, its objects
// shared, few by hard links, many as a whole directory. No object that both have is ever written
// again by either.
extension SessionStore {
  /// Makes a branch of the session in `source` in an empty directory that exists.
  ///
  /// A keeper of the source must have closed the step before, see `beginStep`. `isResting` says that
  /// the caller has the source's lock: then its journal need not be looked at.
  ///
  /// Nothing is waited for: what a branch begins with is the source's, and on the disk there. Who
  /// opens it for writing sees to it first that the disk has it, see `settle`.
  ///
  /// Of a resting source, more than `most` objects are not linked one by one.
  package static func branch(
    from source: Descriptor, _ origin: BranchOrigin, into directory: consuming OwnedDescriptor,
    isResting: Bool = false, linkingAtMost most: Int = 64
  ) throws(StoreError) {
    try SessionFiles.create(in: directory.borrowed)
    if isResting { try shareWhole(source, above: most) }
    let old = try reopen(source)
    do { try SharedContent.lend(from: source, to: directory.borrowed) } catch {
      throw .system(SystemError("share the session's objects", nil, error))
    }
    let files = try SessionFiles.open(directory)
    try files.markUnsettled()
    let database = try Database(path: files.databasePath, mode: .create)
    try database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
    try database.attach(old.databasePath, as: "source", isImmutable: isResting)
    try database.execute("BEGIN")
    try database.execute(Schema.tables + Self.copying(origin.step) + Schema.indexes)
    for (key, value) in [("branched_session", origin.session)] {
      let row = try database.statement("INSERT INTO meta (key, value) VALUES (?,?)")
      row.bind(1, key)
      row.bind(2, value)
      try row.run()
    }
    try database.execute(
      "INSERT INTO meta (key, value) VALUES ('branched_step', \(origin.step.rawValue))")
    try share(of: database, from: old, into: files)
    try database.execute("COMMIT")
  }

  private static func reopen(_ source: Descriptor) throws(StoreError) -> SessionFiles {
    let opened: OwnedDescriptor
    do { opened = try source.open(".", [.directory]) } catch {
      throw .system(SystemError("open the session", nil, error))
    }
    return try SessionFiles.open(opened)
  }

  /// The statements that copy what holds at a step.
  private static func copying(_ step: StepID) -> String {
    let id = step.rawValue
    let valid = "from_step <= \(id) AND (to_step IS NULL OR to_step > \(id))"
    return """
      INSERT INTO root SELECT * FROM source.root;
      INSERT INTO node (from_step, to_step, \(Schema.nodeColumns))
        SELECT 1, NULL, \(Schema.nodeColumns(objectStep: "1")) FROM source.node WHERE \(valid);
      INSERT INTO entry (parent, name, from_step, to_step, node)
        SELECT parent, name, 1, NULL, node FROM source.entry WHERE \(valid);
      INSERT INTO xattr (node, name, from_step, to_step, value)
        SELECT node, name, 1, NULL, value FROM source.xattr WHERE \(valid);
      INSERT INTO extent SELECT * FROM source.extent
        WHERE object IN (SELECT object FROM node WHERE object NOT NULL);
      INSERT INTO pin SELECT * FROM source.pin;
      INSERT INTO meta SELECT * FROM source.meta WHERE key IN ('next_node', 'next_object');
      INSERT INTO step (id, kind, began, ended, command, status, message)
        VALUES (1, 'begin', \(Timestamp.now.nanoseconds), \(Timestamp.now.nanoseconds),
          x'', NULL, '');
      """
  }

  private static func share(
    of database: Database, from old: borrowing SessionFiles, into new: borrowing SessionFiles
  ) throws(StoreError) {
    let own: (objects: Set<Int64>, bases: Set<Int64>)
    do { own = (try old.ownObjects(), try old.ownBases()) } catch {
      throw .system(SystemError("list the session's objects", nil, error))
    }
    let objects = try database.integers(
      "SELECT DISTINCT object FROM node WHERE object NOT NULL", among: own.objects)
    let bases = try database.integers(
      "SELECT base FROM pin WHERE base NOT NULL", among: own.bases)
    do throws(Errno) {
      for id in objects { try new.shareObject(ObjectID(id), of: old) }
      for id in bases { try new.shareBase(ObjectID(id), of: old) }
    } catch { throw .system(SystemError("share the session's objects", nil, error)) }
  }

  /// Moves a resting session's content to where a branch can have it as a whole.
  private static func shareWhole(_ source: Descriptor, above most: Int) throws(StoreError) {
    let files = try reopen(source)
    guard files.memoryLimit == nil else { return }
    do throws(Errno) {
      guard try files.ownObjects().count + files.ownBases().count > most else { return }
      try SharedContent.make(from: source)
    } catch .invalid, .notSupported {
      // A file system that can't exchange two directories: each object is linked.
    } catch { throw .system(SystemError("share the session's objects", nil, error)) }
  }
}

extension SessionStore {
  /// Says what the session is called now from which this one was branched.
  package func setBranchedSession(_ name: String) throws(StoreError) {
    try write { database throws(StoreError) in
      let row = try database.statement("UPDATE meta SET value = ? WHERE key = 'branched_session'")
      row.bind(1, name)
      try row.run()
    }
  }
}

extension SessionFiles {
  private static let mark: ByteString = "unsettled"

  /// Remembers that the session's files may not be on the disk yet.
  func markUnsettled() throws(StoreError) {
    do { _ = try run.borrowed.open(Self.mark, [.writeOnly, .create], mode: 0o600) } catch {
      throw .system(SystemError("create", Self.mark, error))
    }
  }

  /// Sees to it that a branch is on the disk before anything in it is acknowledged.
  func settle() throws(StoreError) {
    do throws(Errno) {
      _ = try run.borrowed.status(of: Self.mark)
    } catch .noEntry { return } catch { throw .system(SystemError("look at", Self.mark, error)) }
    do throws(Errno) {
      let opened = try directory.borrowed.open(".", [.directory])
      try opened.borrowed.synchronizeFileSystem()
      try run.borrowed.remove(Self.mark)
    } catch { throw .system(SystemError("write the branch to the disk", nil, error)) }
  }
}

extension Database {
  func attach(_ path: ByteString, as name: String, isImmutable: Bool = false) throws(StoreError) {
    let row = try statement("ATTACH ? AS \(name)")
    row.bind(1, "file:\(path.printable)" + (isImmutable ? "?immutable=1" : ""))
    try row.run()
  }

  func integers(_ sql: String) throws(StoreError) -> [Int64] {
    let rows = try statement(sql)
    defer { rows.reset() }
    var found: [Int64] = []
    while try rows.step() { found.append(rows.integer(0)) }
    return found
  }

  /// What a query finds of the numbers that are wanted; it isn't asked for none.
  fileprivate func integers(_ sql: String, among wanted: Set<Int64>) throws(StoreError) -> [Int64] {
    wanted.isEmpty ? [] : try integers(sql).filter(wanted.contains)
  }

  /// Where the session was branched from, if it was.
  func branchOrigin() throws(StoreError) -> BranchOrigin? {
    let row = try statement("SELECT value FROM meta WHERE key = 'branched_session'")
    defer { row.reset() }
    guard try row.step(),
      let step = try integer("SELECT value FROM meta WHERE key = 'branched_step'")
    else { return nil }
    return BranchOrigin(session: row.text(0), step: StepID(step))
  }
}

extension SessionFiles {
  /// Takes in an object of another session, under a number of its own where one is given.
  borrowing func shareObject(
    _ id: ObjectID, of other: borrowing SessionFiles, as number: ObjectID? = nil
  ) throws(Errno) {
    let own = objectDirectory
    try other.objectPlaces.firstHaving { place throws(Errno) in
      try Self.share(id, from: place, to: own, as: number ?? id)
    }
  }

  borrowing func shareBase(_ id: ObjectID, of other: borrowing SessionFiles) throws(Errno) {
    let own = baseDirectory
    try other.basePlaces.firstHaving { place throws(Errno) in
      try Self.share(id, from: place, to: own, as: id)
    }
  }

  /// The numbers of the objects that are the session's alone, or linked one by one.
  borrowing func ownObjects() throws(Errno) -> Set<Int64> {
    guard let spilled = spilledDirectory else { return try Self.numbers(in: objectDirectory) }
    return try Self.numbers(in: objectDirectory).union(Self.numbers(in: spilled))
  }

  /// The same of the pins' contents.
  borrowing func ownBases() throws(Errno) -> Set<Int64> { try Self.numbers(in: baseDirectory) }

  private static func numbers(in directory: Descriptor) throws(Errno) -> Set<Int64> {
    Set(try directory.entryNames().compactMap { $0.string.flatMap { Int64($0) } })
  }

  /// One more name for an object's file; a copy where the directories are on two file systems.
  private static func share(
    _ id: ObjectID, from: Descriptor, to: Descriptor, as number: ObjectID
  ) throws(Errno) {
    let (name, own) = (ByteString(id.fileName), ByteString(number.fileName))
    do throws(Errno) {
      try from.link(name, to: to, own)
    } catch .crossDevice, .tooManyLinks {
      let source = try from.open(name, [.readOnly, .noFollow])
      let copy = try to.open(own, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
      try copy.borrowed.copyContent(from: source.borrowed, size: source.borrowed.status().size)
    }
  }
}
