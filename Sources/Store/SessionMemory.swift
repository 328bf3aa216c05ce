import Linux

/// Where a session keeps its content in memory: a directory of the user's own in shared memory.
///
/// `objects` and `base` of such a session are symlinks that lead there, and `spilled` is where
/// content goes when there is more than its limit. What is in memory is gone with the machine.
package enum SessionMemory {
  static let spill: ByteString = "spilled"
  private static let limitName: ByteString = "memory"
  private static let place: ByteString = "/dev/shm"

  /// Lets a session that is about to be made keep up to so many bytes in memory.
  package static func prepare(in session: Descriptor, limit: Int64) throws(SystemError) {
    do throws(Errno) {
      let chance = try Process.randomBytes(8).hexadecimal
      let own = place.appending(ByteString("cowbox-\(Process.user)-\(chance)"))
      try Descriptor.currentDirectory.makeDirectory(own)
      let opened = try Descriptor.currentDirectory.open(own, [.directory, .path])
      for name: ByteString in ["objects", "base"] {
        try opened.borrowed.makeDirectory(name)
        try session.makeSymlink(name, to: own.appending(name))
      }
      try session.makeDirectory(spill)
      let file = try session.open(limitName, [.writeOnly, .create, .exclusive], mode: 0o600)
      try file.borrowed.write(Array("\(limit)".utf8))
    } catch { throw SystemError("keep content in memory, in", place, error) }
  }

  /// How many bytes a session keeps in memory; nil: it keeps none there.
  static func limit(of session: Descriptor) throws(Errno) -> Int64? {
    do throws(Errno) {
      let file = try session.open(limitName, [.readOnly, .noFollow])
      return Int64(String(decoding: try file.borrowed.readAll(limit: 64), as: UTF8.self))
    } catch .noEntry { return nil }
  }

  /// Opens a directory of the session that may be in memory; only the user's own is taken.
  static func open(_ name: ByteString, of session: Descriptor) throws(Errno) -> OwnedDescriptor {
    let target = try session.symlinkTarget(name)
    guard target.parent.parent == place else { throw .notPermitted }
    let opened = try Descriptor.currentDirectory.open(target, [.directory, .path, .noFollow])
    let status = try opened.borrowed.status()
    guard status.owner == Process.user, status.permissions & 0o077 == 0 else { throw .notPermitted }
    return opened
  }

  /// Gives back the memory of a session that is about to be removed.
  package static func release(_ session: Descriptor) throws(Errno) {
    for name: ByteString in ["objects", "base"] {
      let target: ByteString
      // No symlink: content is on the disk.
      do throws(Errno) { target = try session.symlinkTarget(name) } catch { return }
      do throws(Errno) {
        let opened = try open(name, of: session)
        for file in try opened.borrowed.entryNames() { try opened.borrowed.remove(file) }
        try Descriptor.currentDirectory.remove(target, isDirectory: true)
        if name == "base" {
          try Descriptor.currentDirectory.remove(target.parent, isDirectory: true)
        }
      } catch .noEntry {
        // Gone with a restart of the machine.
      }
    }
  }
}

extension SessionStore {
  /// Moves a file's object from memory to the disk where there is more in memory than may be.
  ///
  /// True where it moved: who has it open must open it again. The caller lets nobody write to it.
  package func spill(_ object: ObjectID, beforeWriting count: Int) throws(Errno) -> Bool {
    guard let limit = files.memoryLimit, tree.lock.with({ tree.byteCount }) + Int64(count) > limit
    else { return false }
    return try files.spill(object)
  }

  /// Whether what the content takes must be counted, so that no more of it is in memory than may be.
  package var limitsMemory: Bool { files.memoryLimit != nil }

  /// Whether content that is made now belongs in memory.
  var hasMemoryLeft: Bool {
    guard let limit = files.memoryLimit else { return true }
    return tree.lock.with { tree.byteCount } < limit
  }
}
