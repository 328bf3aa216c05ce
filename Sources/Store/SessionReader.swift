import Linux

/// A consistent reading of a session, whether or not a keeper is writing it.
package final class SessionReader {
  let database: Database
  let files: SessionFiles
  package let roots: [Root]

  /// Opens a session's directory for reading; everything read is of this one instant.
  package init(directory: Descriptor) throws(StoreError) {
    files = try SessionFiles.open(Self.reopened(directory))
    database = try Database(path: files.databasePath, mode: .read)
    try database.execute("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; BEGIN")
    try database.checkFormat()
    roots = try database.roots()
  }

  /// Whether a keeper that died left a journal with what the database lacks.
  package static func hasJournal(_ directory: Descriptor) -> Bool {
    do throws(Errno) { return try directory.status(of: "session.db-wal").size > 0 } catch {
      return error != .noEntry
    }
  }

  /// The last step of a session whose lock the caller has.
  package static func lastStep(ofResting directory: Descriptor) throws(StoreError) -> StepID? {
    let path = directory.procPath.appending("session.db")
    if hasJournal(directory) {
      let reader = try SessionReader(directory: directory)
      return try reader.database.integer("SELECT max(id) FROM step").map { StepID($0) }
    }
    let database = try Database(
      path: ByteString("file:\(path.printable)?immutable=1"), mode: .immutable)
    try database.checkFormat()
    return try database.integer("SELECT max(id) FROM step").map { StepID($0) }
  }

  private static func reopened(_ directory: Descriptor) throws(StoreError) -> OwnedDescriptor {
    do { return try directory.open(".", [.directory]) } catch {
      throw .system(SystemError("open the session", nil, error))
    }
  }

  /// The session's steps, in order.
  package func steps() throws(StoreError) -> [Step] { try database.steps() }

  /// The steps in which anything changed.
  package func changingSteps() throws(StoreError) -> Set<StepID> { try database.changingSteps() }

  /// Where the session was branched from, if it was.
  package func branchOrigin() throws(StoreError) -> BranchOrigin? {
    try database.branchOrigin()
  }

  /// The snapshots, oldest first.
  package func marks() throws(StoreError) -> [Mark] { try database.marks() }

  /// The changed part of the tree at a step; nil is the present.
  package func tree(at step: StepID? = nil) throws(StoreError) -> SavedTree {
    try database.tree(at: step)
  }

  /// What the lower was where the session changed it.
  package func pins() throws(StoreError) -> [PinKey: Pin] { try database.pins() }

  /// The extended attributes of all nodes whose own are no longer the lower's.
  package func extendedAttributes(at step: StepID? = nil) throws(StoreError)
    -> [NodeID: [ByteString: [UInt8]]]
  {
    try database.extendedAttributes(at: step)
  }

  /// Which bytes of a partial object are its own, in order; the rest is the lower's.
  package func extents(of object: ObjectID) throws(StoreError) -> [Range<Int64>] {
    try database.extents(of: object)
  }

  /// Opens an object's content for reading.
  package func openObject(_ id: ObjectID) throws(Errno) -> OwnedDescriptor {
    try files.openObject(id)
  }

  /// Opens the content that a pin keeps, for reading.
  package func openBase(_ id: ObjectID) throws(Errno) -> OwnedDescriptor {
    try files.openBase(id)
  }
}
