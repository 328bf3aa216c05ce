import Glibc
import Linux

// What makes, moves and takes away names.
extension LiveTree {
  /// Makes a directory.
  package func makeDirectory(_ path: ByteString, mode: mode_t, by maker: Maker?) throws(Errno) {
    try make(path, .directory, by: maker) { place throws(Errno) in
      try place.directory.borrowed.makeDirectory(place.name, mode: mode)
    }
  }

  /// Makes a symlink.
  package func makeSymlink(_ path: ByteString, to target: ByteString, by maker: Maker?)
    throws(Errno)
  {
    try make(path, .symlink, by: maker) { place throws(Errno) in
      try place.directory.borrowed.makeSymlink(place.name, to: target)
    }
  }

  /// Makes a FIFO, a socket or an empty file.
  package func makeNode(_ path: ByteString, mode: mode_t, device: dev_t, by maker: Maker?)
    throws(Errno)
  {
    try make(path, FileKind(mode: mode), by: maker) { place throws(Errno) in
      try place.directory.borrowed.makeNode(place.name, mode: mode, device: device)
    }
  }

  /// Makes a file and opens it.
  package func create(_ path: ByteString, _ flags: OpenFlags, mode: mode_t, by maker: Maker?)
    throws(Errno) -> LiveHandle
  {
    var raw: Int32 = -1
    do throws(Errno) {
      try make(path, .regular, by: maker) { place throws(Errno) in
        raw = try place.directory.borrowed.open(
          place.name, flags.union([.create, .exclusive, .noFollow]), mode: mode
        ).release()
      }
    } catch {
      if raw >= 0 { _ = OwnedDescriptor(owning: raw) }
      throw error
    }
    return try adopt(OwnedDescriptor(owning: raw))
  }

  /// Gives a file a second name.
  package func link(_ path: ByteString, to newPath: ByteString) throws(Errno) {
    try change { () throws(Errno) in
      let old = try place(path)
      let new = try place(newPath)
      let status = try old.status()
      if try new.statusIfAny() != nil { throw .exists }
      try logged(.made(newPath, status.kind)) { () throws(Errno) in
        try old.directory.borrowed.link(old.name, to: new.directory.borrowed, new.name)
      }
      try note(new)
    }
  }

  /// Takes a name away.
  package func remove(_ path: ByteString, isDirectory: Bool) throws(Errno) {
    try change { () throws(Errno) in try takeAway(path, isDirectory: isDirectory) }
  }

  /// Gives a name another place.
  package func rename(_ from: ByteString, to: ByteString, _ flags: RenameFlags) throws(Errno) {
    try change { () throws(Errno) in try move(from, to: to, flags) }
  }
}

// The same, for who has the lock.
extension LiveTree {
  func make(
    _ path: ByteString, _ kind: FileKind, by maker: Maker?,
    _ body: (borrowing Place) throws(Errno) -> Void
  ) throws(Errno) {
    try change { () throws(Errno) in
      let place = try place(path)
      if try place.statusIfAny() != nil { throw .exists }
      try logged(.made(path, kind)) { () throws(Errno) in try body(place) }
      try give(place, to: maker)
      let status = try place.status()
      saved.insert(FileKey(status))
      savedAttributes.insert(FileKey(status))
      note(status)
    }
  }

  /// What is made belongs to who makes it; a set-group-id directory has given its group.
  private func give(_ place: borrowing Place, to maker: Maker?) throws(Errno) {
    guard let maker else { return }
    let hasGroup = try place.directory.borrowed.status().permissions & 0o2000 != 0
    try place.directory.borrowed.setOwner(
      of: place.name, maker.owner, group: hasGroup ? .max : maker.group)
  }

  func takeAway(_ path: ByteString, isDirectory: Bool) throws(Errno) {
    let place = try place(path)
    let status = try place.status()
    if isDirectory != (status.kind == .directory) {
      throw isDirectory ? .notDirectory : .isDirectory
    }
    let file = try place.directory.borrowed.open(place.name, [.path, .noFollow])
    var image = try image(place, status)
    if canMoveToLog(status) {
      // Moving it is keeping it: nothing is copied, and its other names stay its own.
      let object = log.newObject()
      image.object = object
      try logged(.removed(path, image), durable: true) { () throws(Errno) in
        try place.directory.borrowed.rename(
          place.name, to: log.directory.borrowed, UndoLog.place(object, of: log.step),
          .noReplace)
      }
    } else {
      image.object = try keepCopy(place, status)
      try logged(.removed(path, image), durable: true) { () throws(Errno) in
        try place.directory.borrowed.remove(place.name, isDirectory: isDirectory)
      }
    }
    try forget(file.borrowed, status)
  }

  /// Whether the log may hold the file itself: what is open could still be written by who has it.
  private func canMoveToLog(_ status: FileStatus) -> Bool {
    status.kind != .directory && status.device == log.device
      && openCounts[FileKey(status)] == nil
  }

  /// A file that has no name any more may give its number to another; of one that has, the name
  /// that went has moved the ctime.
  private func forget(_ file: Descriptor, _ status: FileStatus) throws(Errno) {
    guard status.linkCount <= 1 || status.kind == .directory else {
      return note(try file.status())
    }
    saved.remove(FileKey(status))
    savedAttributes.remove(FileKey(status))
    touched.remove(FileKey(status))
    left[FileKey(status)] = nil
  }

  func move(_ from: ByteString, to: ByteString, _ flags: RenameFlags) throws(Errno) {
    let old = try place(from)
    let new = try place(to)
    let moved = try old.status()
    guard let taken = try new.statusIfAny(), !flags.contains(.exchange) else {
      let exchanges = flags.contains(.exchange)
      try logged(.renamed(from: from, to: to, exchanges: exchanges)) { () throws(Errno) in
        try old.directory.borrowed.rename(old.name, to: new.directory.borrowed, new.name, flags)
      }
      try note(new)
      if exchanges { try note(old) }
      return
    }
    if flags.contains(.noReplace) { throw .exists }
    // Two names of one file: rename(2) does nothing.
    if FileKey(taken) == FileKey(moved) { return }
    try requireReplaceable(taken, by: moved)
    let file = try new.directory.borrowed.open(new.name, [.path, .noFollow])
    var image = try image(new, taken)
    image.object = try keepReplaced(new, taken)
    try logged(.replaced(from: from, to: to, image), durable: true) { () throws(Errno) in
      try old.directory.borrowed.rename(old.name, to: new.directory.borrowed, new.name)
    }
    try forget(file.borrowed, taken)
    try note(new)
  }

  private func requireReplaceable(_ taken: FileStatus, by moved: FileStatus) throws(Errno) {
    if moved.kind == .directory && taken.kind != .directory { throw .notDirectory }
    if moved.kind != .directory && taken.kind == .directory { throw .isDirectory }
  }

  /// Keeps what a rename is about to replace: one more name for it, or a copy.
  private func keepReplaced(_ place: borrowing Place, _ status: FileStatus) throws(Errno) -> Int? {
    if canMoveToLog(status) {
      let object = log.newObject()
      checkpoint()
      do throws(Errno) {
        try place.directory.borrowed.link(
          place.name, to: log.directory.borrowed, UndoLog.place(object, of: log.step))
        return object
      } catch .notPermitted {
        // Another user's file may not be linked (proc(5), protected_hardlinks): a copy will do.
      } catch .tooManyLinks {
        // As above.
      }
    }
    return try keepCopy(place, status)
  }
}
