import Linux

/// The files of one session's directory, apart from the database.
package struct SessionFiles: ~Copyable, Sendable {
  package let directory: OwnedDescriptor
  private let objects: OwnedDescriptor
  private let base: OwnedDescriptor
  let run: OwnedDescriptor

  private init(
    directory: consuming OwnedDescriptor, objects: consuming OwnedDescriptor,
    base: consuming OwnedDescriptor, run: consuming OwnedDescriptor
  ) {
    self.directory = directory
    self.objects = objects
    self.base = base
    self.run = run
  }

  /// Opens the directories of a session that exists.
  static func open(_ directory: consuming OwnedDescriptor) throws(StoreError) -> SessionFiles {
    let objects = try subdirectory("objects", of: directory.borrowed)
    let base = try subdirectory("base", of: directory.borrowed)
    let run = try subdirectory("run", of: directory.borrowed)
    return SessionFiles(directory: directory, objects: objects, base: base, run: run)
  }

  /// Makes the directories of a new session in an empty one.
  static func create(in directory: Descriptor) throws(StoreError) {
    for name: ByteString in ["objects", "base", "run"] {
      do { try directory.makeDirectory(name) } catch .exists {
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
  package func openObject(_ id: ObjectID, _ flags: OpenFlags = .readOnly) throws(Errno)
    -> OwnedDescriptor
  {
    try objects.borrowed.open(ByteString(id.fileName), flags.union(.noFollow), mode: 0o600)
  }

  /// The status of an object's file.
  package func objectStatus(_ id: ObjectID) throws(Errno) -> FileStatus {
    try objects.borrowed.status(of: ByteString(id.fileName))
  }

  /// Opens the file that keeps a pin's content.
  package func openBase(_ id: ObjectID, _ flags: OpenFlags = .readOnly) throws(Errno)
    -> OwnedDescriptor
  {
    try base.borrowed.open(ByteString(id.fileName), flags.union(.noFollow), mode: 0o600)
  }

  /// Removes an object's file; one that is gone already is no failure.
  func removeObject(_ id: ObjectID) throws(Errno) {
    do { try objects.borrowed.remove(ByteString(id.fileName)) } catch .noEntry {
      // Removed before, in a batch whose end was not seen.
    }
  }

  /// Writes the content that pins keep.
  func writeBases(_ bases: [ObjectID: [UInt8]]) throws(Errno) {
    for (id, content) in bases {
      let file = try openBase(id, [.writeOnly, .create, .truncate])
      try file.borrowed.write(content)
    }
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
