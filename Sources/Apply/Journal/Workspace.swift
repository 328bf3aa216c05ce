import Changes
import Linux

/// The files that one apply keeps in the session: its intent, its journal, what it replaced.
final class Workspace {
  /// The files, in the order in which an apply makes them.
  enum File: Equatable {
    /// The stages that will be made; nothing else has happened.
    case intent
    /// The journal: from now on the project may be in the middle.
    case journal
    /// Every operation was done and is on the disk.
    case landed
    /// The session's tree knows, and what was replaced is kept here.
    case closed
  }

  let number: Int
  let directory: OpenFile

  private init(number: Int, directory: OpenFile) {
    self.number = number
    self.directory = directory
  }

  /// The applies of a session, in order.
  static func all(in session: Descriptor) throws -> [Workspace] {
    try open(in: session) { $0[...] }
  }

  /// The last one; nil: there was never any.
  static func last(in session: Descriptor) throws -> Workspace? {
    try open(in: session) { $0.suffix(1) }.first
  }

  private static func open(
    in session: Descriptor, _ selected: ([Int]) -> ArraySlice<Int>
  ) throws -> [Workspace] {
    do throws(Errno) {
      let top = try session.open("apply", [.directory, .noFollow])
      let numbers = try top.borrowed.entryNames().compactMap { $0.string.flatMap { Int($0) } }
      var found: [Workspace] = []
      for number in selected(numbers.sorted()) {
        let opened = try top.borrowed.open(
          ByteString(String(number)), [.directory, .noFollow])
        found.append(Workspace(number: number, directory: OpenFile(opened)))
      }
      return found
    } catch .noEntry {
      return []
    } catch { throw SystemError("read the session's applies", nil, error) }
  }

  /// A new one, with the next number.
  static func make(in session: Descriptor) throws -> Workspace {
    let number = (try last(in: session)?.number ?? 0) + 1
    return try attempt("keep a journal in the session") { () throws(Errno) in
      do throws(Errno) { try session.makeDirectory("apply") } catch .exists {
        // An earlier apply made it.
      }
      let top = try session.open("apply", [.directory, .noFollow])
      let name = ByteString(String(number))
      try top.borrowed.makeDirectory(name)
      let opened = try top.borrowed.open(name, [.directory, .noFollow])
      try opened.borrowed.makeDirectory("kept")
      return Workspace(number: number, directory: OpenFile(opened))
    }
  }

  /// Writes the intent, from which on the directories in the session are durable as well.
  func begin(_ intent: [UInt8], in session: Descriptor) throws {
    try write(.intent, intent)
    try attempt("write the journal") { () throws(Errno) in
      let top = try session.open("apply", [.directory, .noFollow])
      try top.borrowed.synchronize()
      let own = try session.open(".", [.directory])
      try own.borrowed.synchronize()
    }
  }

  /// Writes a file so that after a crash it is there whole, or not at all.
  func write(_ file: File, _ bytes: [UInt8] = []) throws {
    let place = directory.borrowed
    try attempt("write the journal") { () throws(Errno) in
      let opened = try place.open("new", [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
      try opened.borrowed.write(bytes)
      try opened.borrowed.synchronize()
      try place.rename("new", to: place, file.rawValue)
      try place.synchronize()
    }
  }

  /// Reads a file; nil when it was never written.
  func read(_ file: File) throws -> [UInt8]? {
    do throws(Errno) {
      let opened = try directory.borrowed.open(file.rawValue, [.noFollow])
      return try opened.borrowed.readAll(limit: 1 << 30)
    } catch .noEntry {
      return nil
    } catch { throw SystemError("read the journal", file.rawValue, error) }
  }

  /// Whether a file was written: what can't be told is no "no", it would undo what has landed.
  func has(_ file: File) throws -> Bool {
    do throws(Errno) {
      _ = try directory.borrowed.status(of: file.rawValue)
      return true
    } catch .noEntry { return false } catch {
      throw SystemError("look at the journal", file.rawValue, error)
    }
  }

  /// What was going to be done, as the intent has it; nil: nothing was begun.
  func intent() throws -> Journal? { try journal(.intent) }

  /// The journal; nil before it was written.
  func journal() throws -> Journal? { try journal(.journal) }

  private func journal(_ file: File) throws -> Journal? {
    guard let bytes = try read(file) else { return nil }
    let path = directory.borrowed.realPath.appending(file.rawValue)
    do throws(JournalReader.Failure) { return try JournalReader.read(bytes) } catch {
      switch error {
      case .damage: throw ApplyError.damagedJournal(path)
      case .version(let number): throw ApplyError.foreignJournal(path, version: number)
      }
    }
  }

  /// Where what the apply took and replaced is kept.
  func kept() throws -> OpenFile {
    OpenFile(
      try attempt("open what an apply kept") { () throws(Errno) in
        try directory.borrowed.open("kept", [.directory, .noFollow])
      })
  }

  /// Removes everything, as if this apply had never begun.
  func remove(from session: Descriptor) throws {
    try attempt("remove the journal") { () throws(Errno) in
      let top = try session.open("apply", [.directory, .noFollow])
      try top.borrowed.removeTree(ByteString(String(number)))
    }
  }
}

extension Workspace.File {
  var rawValue: ByteString {
    switch self {
    case .intent: "intent"
    case .journal: "journal"
    case .landed: "landed"
    case .closed: "closed"
    }
  }
}

extension Descriptor {
  /// Where the open directory is on the host, for a person to read.
  var realPath: ByteString {
    // Without /proc there is no path to show.
    (try? Descriptor.currentDirectory.symlinkTarget(procPath)) ?? ByteString([])
  }

  /// Removes a name with everything below it, never through a symlink.
  func removeTree(_ name: ByteString) throws(Errno) {
    do {
      try remove(name)
      return
    } catch .isDirectory, .notPermitted {
      // A directory; anything else fails again below.
    }
    let opened = try openForEmptying(name)
    for inner in try opened.borrowed.entryNames() { try opened.borrowed.removeTree(inner) }
    try remove(name, isDirectory: true)
  }

  /// A directory of ours may have been made without permission to write in it.
  private func openForEmptying(_ name: ByteString) throws(Errno) -> OwnedDescriptor {
    let opened = try open(name, [.directory, .noFollow, .path])
    if try opened.borrowed.status().permissions & 0o700 != 0o700 {
      try opened.borrowed.setPermissionsByPath(0o700)
    }
    return try open(name, [.directory, .noFollow])
  }
}
