import CLinux
import Linux
import Profiles
import Store
import Through

/// The sessions there are, found without opening any of their databases.
///
/// A session's directory holds a symlink `project`, made last, that leads to its project; the time
/// of its directory `run`, which changes whenever a keeper comes or goes, says when it was used.
package struct Catalogue: ~Copyable {
  let sessions: OwnedDescriptor
  package let path: ByteString

  /// What the catalogue knows of one session.
  package struct Item: Sendable {
    package let name: SessionName
    package let project: ByteString
    package let used: Timestamp
    /// Whether it is the undo log of a live directory, which nothing can run in.
    package let isLive: Bool
  }

  /// Opens the catalogue; nil when there is none and `create` is off.
  package static func open(home: ByteString?, create: Bool) throws -> Catalogue? {
    guard let state = try StateDirectory.open(home: home, create: create) else { return nil }
    let path = state.path.appending("sessions")
    do throws(Errno) {
      if create {
        do { try state.descriptor.borrowed.makeDirectory("sessions") } catch .exists {
          // Made by an earlier run.
        }
      }
      let opened = try state.descriptor.borrowed.open("sessions", [.directory, .noFollow])
      return Catalogue(sessions: opened, path: path)
    } catch .noEntry where !create {
      return nil
    } catch {
      throw SystemError("open the sessions' directory", path, error)
    }
  }

  /// Opens the catalogue at a path that is known.
  package static func open(at path: ByteString) throws(SystemError) -> Catalogue {
    Catalogue(
      sessions: try attempt("open the sessions' directory", path) { () throws(Errno) in
        try Descriptor.currentDirectory.open(path, [.directory, .noFollow])
      }, path: path)
  }

  private init(sessions: consuming OwnedDescriptor, path: ByteString) {
    self.sessions = sessions
    self.path = path
  }

  /// All sessions, the one used last first.
  package func items() throws -> [Item] {
    let names = try attempt("list the sessions in", path) { () throws(Errno) in
      try sessions.borrowed.entryNames()
    }
    return names.compactMap { item($0) }.sorted { ($0.used, $1.name) > ($1.used, $0.name) }
  }

  private func item(_ bytes: ByteString) -> Item? {
    guard let name = bytes.string.flatMap(SessionName.init) else { return nil }
    do throws(Errno) {
      let project = try sessions.borrowed.symlinkTarget(bytes.appending("project"))
      let used = try sessions.borrowed.status(of: bytes.appending("run")).modified
      // Failure means that there is no log.
      let log = try? sessions.borrowed.status(of: bytes.appending(LiveTree.logName))
      return Item(name: name, project: project, used: used, isLive: log != nil)
    } catch {
      // Half made or half removed: no session yet, or no longer.
      return nil
    }
  }

  /// The sessions of a project, the one used last first.
  package func items(of project: ByteString) throws -> [Item] {
    try items().filter { $0.project == project }
  }

  /// The one session whose name begins with a text.
  package func find(_ prefix: String) throws -> Item {
    if let exact = item(ByteString(prefix)) { return exact }
    let items = try items()
    let found = items.filter {
      $0.name.text.hasPrefix(prefix) || $0.name.text.hasSuffix("-" + prefix)
    }
    if let only = found.first, found.count == 1, !prefix.isEmpty { return only }
    if found.isEmpty || prefix.isEmpty {
      throw SessionError(
        "there is no session '\(ByteString(prefix).printable)'",
        hint: Nearest.hint(prefix, among: items.map(\.name.text))
          ?? "'cowbox list --all' shows all sessions", kind: .usage)
    }
    throw SessionError(
      "'\(prefix)' may mean \(found.map { "'\($0.name)'" }.joined(separator: " or "))",
      hint: "give more of the name", kind: .usage)
  }

  /// The directory of all sessions; it must not outlive this.
  package var directory: Descriptor { sessions.borrowed }

  /// Opens a session's directory.
  package func open(_ name: SessionName) throws -> OwnedDescriptor {
    try attempt("open session", name.bytes) { () throws(Errno) in
      try sessions.borrowed.open(name.bytes, [.directory, .noFollow])
    }
  }

  /// The state directory, in which the sessions are.
  package var state: ByteString { path.parent }

  /// Refuses a project in which every change would be one of cowbox's own state.
  private func refuseState(_ project: ByteString) throws(SessionError) {
    guard project.isWithin(state) else { return }
    throw SessionError(
      "'\(project.printable)' lies in '\(state.printable)', where cowbox keeps its sessions",
      hint: "work in another directory, or set COWBOX_STATE to a directory elsewhere", kind: .usage)
  }

  /// Makes the directory of a new session with a name that the user chose, if any.
  package func make(named name: SessionName?, for project: ByteString) throws -> SessionName {
    guard let name else { return try make(for: project) }
    try refuseState(project)
    do throws(Errno) { try sessions.borrowed.makeDirectory(name.bytes) } catch .exists {
      throw SessionError(
        "there is a session '\(name)' already", hint: "choose another name", kind: .usage)
    } catch {
      throw SessionError("cannot make session '\(name)': \(error)")
    }
    return name
  }

  /// The name of a session that is still to be made: the one that was chosen, or a free one.
  package func name(_ wanted: SessionName?, for project: ByteString) throws -> SessionName {
    if let wanted { return wanted }
    let taken = Set(try items().map(\.name))
    for _ in 0..<100 {
      if let name = try SessionName.random(for: project), !taken.contains(name) { return name }
    }
    throw SessionError("cannot find a free name for a session of '\(project.printable)'")
  }

  /// Makes the directory of a new session; it is in the catalogue once `enter` was called.
  package func make(for project: ByteString) throws -> SessionName {
    try refuseState(project)
    for _ in 0..<100 {
      guard let name = try SessionName.random(for: project) else { break }
      do throws(Errno) {
        try sessions.borrowed.makeDirectory(name.bytes)
        return name
      } catch .exists {
        continue
      } catch { throw SystemError("create a session in", path, error) }
    }
    throw SessionError("cannot find a free name for a session of '\(project.printable)'")
  }

  /// Shows a session that is complete to all who look for sessions of its project.
  package static func enter(_ session: Descriptor, project: ByteString) throws(SystemError) {
    try attempt("create", "project") { () throws(Errno) in
      try session.makeSymlink("project", to: project)
    }
  }

  /// Whether a session was shown to all who look for it.
  package func isEntered(_ name: SessionName) throws -> Bool {
    do throws(Errno) {
      _ = try sessions.borrowed.symlinkTarget(name.bytes.appending("project"))
      return true
    } catch .noEntry {
      return false
    }
  }

  /// Removes a session's directory and all in it; it leaves the catalogue first.
  package func remove(_ name: SessionName) throws {
    try attempt("remove session", name.bytes) { () throws(Errno) in
      let session = try sessions.borrowed.open(name.bytes, [.directory, .noFollow])
      do throws(Errno) { try session.borrowed.remove("project") } catch .noEntry {
        // Never entered.
      }
      try SessionMemory.release(session.borrowed)
      try SharedContent.release(session.borrowed)
      try sessions.borrowed.removeTree(name.bytes)
    }
  }

  /// Removes content that the removal of its last session left behind.
  package func sweep() throws(SystemError) {
    try attempt("remove what no session has any more", path) { () throws(Errno) in
      try SharedContent.sweep(sessions.borrowed)
    }
  }

  /// Lets only one process at a time look for a session and make one; held while it lives.
  package func lockForMaking() throws -> OwnedDescriptor {
    try attempt("lock the sessions' directory", path) { () throws(Errno) in
      let opened = try sessions.borrowed.open(".", [.directory])
      _ = try opened.borrowed.takeLock(wait: true)
      return opened
    }
  }
}
