import Linux

/// The files of one session's directory, apart from the database.
package struct SessionFiles: ~Copyable, Sendable {
  package let directory: OwnedDescriptor
  private let objects: OwnedDescriptor
  private let base: OwnedDescriptor
  let run: OwnedDescriptor
  /// Where objects go that have no room in memory; nil where all are on the disk.
  private let spilled: OwnedDescriptor?
  /// How much content may be in memory; nil: none is.
  let memoryLimit: Int64?
  /// Content that other sessions have as well, to be read only.
  let shared: [SharedContent]
  /// Where objects are: the session's own directory, the disk where that is in memory, and what
  /// is shared.
  let objectPlaces: [Descriptor]
  /// Where the content is that pins keep.
  let basePlaces: [Descriptor]

  private init(
    directory: consuming OwnedDescriptor, objects: consuming OwnedDescriptor,
    base: consuming OwnedDescriptor, run: consuming OwnedDescriptor,
    spilled: consuming OwnedDescriptor?, memoryLimit: Int64?, shared: [SharedContent]
  ) {
    var places = [objects.borrowed]
    switch spilled {
    case .some(let spilled): places.append(spilled.borrowed)
    case .none: break
    }
    objectPlaces = places + shared.map { $0.objects.borrowed }
    self.spilled = spilled
    self.memoryLimit = memoryLimit
    self.shared = shared
    basePlaces = [base.borrowed] + shared.map { $0.bases.borrowed }
    self.directory = directory
    self.objects = objects
    self.base = base
    self.run = run
  }

  /// Opens the directories of a session that exists.
  static func open(_ directory: consuming OwnedDescriptor) throws(StoreError) -> SessionFiles {
    let run = try subdirectory("run", of: directory.borrowed)
    let limit: Int64?
    do { limit = try SessionMemory.limit(of: directory.borrowed) } catch {
      throw .system(SystemError("open the session's directory", nil, error))
    }
    if let limit {
      let objects = try memory("objects", of: directory.borrowed)
      let base = try memory("base", of: directory.borrowed)
      let spilled = try subdirectory(SessionMemory.spill, of: directory.borrowed)
      let shared = try shared(by: directory.borrowed)
      return SessionFiles(
        directory: directory, objects: objects, base: base, run: run, spilled: spilled,
        memoryLimit: limit, shared: shared)
    }
    let objects = try subdirectory("objects", of: directory.borrowed)
    let base = try subdirectory("base", of: directory.borrowed)
    let shared = try shared(by: directory.borrowed)
    return SessionFiles(
      directory: directory, objects: objects, base: base, run: run, spilled: nil,
      memoryLimit: nil, shared: shared)
  }

  private static func shared(by directory: Descriptor) throws(StoreError) -> [SharedContent] {
    do { return try SharedContent.all(of: directory) } catch {
      throw .system(SystemError("open what the session shares", nil, error))
    }
  }

  private static func memory(_ name: ByteString, of directory: Descriptor) throws(StoreError)
    -> OwnedDescriptor
  {
    do { return try SessionMemory.open(name, of: directory) } catch .noEntry {
      throw .damaged("its content was in memory, and is gone with a restart of the machine")
    } catch { throw .system(SystemError("open the session's memory", name, error)) }
  }

  /// Makes the directories of a new session in an empty one.
  static func create(in directory: Descriptor) throws(StoreError) {
    for name: ByteString in ["objects", "base", "run"] {
      do { try directory.makeDirectory(name) } catch .exists {
        // One in memory, prepared before; or
        // A session that was being made when its maker died: the directory serves again.
      } catch { throw .system(SystemError("create directory", name, error)) }
    }
  }

  private static func subdirectory(_ name: ByteString, of directory: Descriptor)
    throws(StoreError) -> OwnedDescriptor
  {
    do {
      return try directory.open(name, [.directory, .path, .noFollow])
    } catch { throw .system(SystemError("open the session's directory", name, error)) }
  }

  var objectDirectory: Descriptor { objects.borrowed }
  var baseDirectory: Descriptor { base.borrowed }

  /// Where SQLite finds the database: through the open directory, wherever that is mounted.
  var databasePath: ByteString {
    directory.borrowed.procPath.appending("session.db")
  }

  /// Opens an object's file.
  ///
  /// One that is made comes into memory where there is one, unless it is `full`.
  package func openObject(
    _ id: ObjectID, _ flags: OpenFlags = .readOnly, memoryIsFull: Bool = false
  ) throws(Errno) -> OwnedDescriptor {
    let name = ByteString(id.fileName)
    let flags = flags.union(.noFollow)
    if flags.contains(.create) {
      let place = memoryIsFull ? spilledDirectory : nil
      return try (place ?? objects.borrowed).open(name, flags, mode: 0o600)
    }
    return try objectPlaces.firstHaving { place throws(Errno) in try place.open(name, flags) }
  }

  var spilledDirectory: Descriptor? {
    switch spilled {
    case .some(let spilled): spilled.borrowed
    case .none: nil
    }
  }

  /// Moves an object from memory to the disk; false where it is there already.
  func spill(_ id: ObjectID) throws(Errno) -> Bool {
    guard let spilled = spilledDirectory else { return false }
    let name = ByteString(id.fileName)
    let source: OwnedDescriptor
    do { source = try objects.borrowed.open(name, [.readOnly, .noFollow]) } catch .noEntry {
      return false
    }
    let copy = try spilled.open(name, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
    try copy.borrowed.copyContent(from: source.borrowed, size: source.borrowed.status().size)
    try objects.borrowed.remove(name)
    return true
  }

  /// The status of an object's file.
  package func objectStatus(_ id: ObjectID) throws(Errno) -> FileStatus {
    try objectPlaces.firstHaving { place throws(Errno) in
      try place.status(of: ByteString(id.fileName))
    }
  }

  /// Opens the file that keeps a pin's content.
  package func openBase(_ id: ObjectID, _ flags: OpenFlags = .readOnly) throws(Errno)
    -> OwnedDescriptor
  {
    let (name, flags) = (ByteString(id.fileName), flags.union(.noFollow))
    if flags.contains(.create) { return try base.borrowed.open(name, flags, mode: 0o600) }
    return try basePlaces.firstHaving { place throws(Errno) in try place.open(name, flags) }
  }

  /// Removes an object's file; one that is gone already is no failure.
  func removeObject(_ id: ObjectID) throws(Errno) {
    do { try objects.borrowed.remove(ByteString(id.fileName)) } catch .noEntry {
      // Removed before, in a batch whose end was not seen, or moved to the disk.
      do { try spilledDirectory?.remove(ByteString(id.fileName)) } catch .noEntry {}
    }
  }

  /// Removes what a process that died has left behind, but for what it had written.
  func clean() {
    // What can't be removed is in nobody's way.
    try? Nursery.removeAll(in: run.borrowed)
  }

  /// Makes the names of new objects durable.
  func synchronizeObjects() throws(Errno) {
    for directory in [objects.borrowed, base.borrowed] {
      // O_PATH descriptors can't be synchronised; the new one must outlive the call.
      let opened = try directory.open(".", [.directory])
      try opened.borrowed.synchronize()
    }
  }
}

extension Array<Descriptor> {
  /// What `body` makes of the first of these directories that has what it looks for.
  func firstHaving<Found: ~Copyable>(_ body: (Descriptor) throws(Errno) -> Found) throws(Errno)
    -> Found
  {
    for place in self {
      do throws(Errno) { return try body(place) } catch .noEntry { continue }
    }
    throw .noEntry
  }
}
