import CLinux
import Glibc
import Linux
import Overlay
import Sandbox
import Store
import Through

/// A session's view, mounted where every program sees it, without walls.
package struct MountedView {
  private let source: ByteString
  private let point: ByteString
  private let home: ByteString?
  /// Whether other users may look at it.
  package var allowsOthers = false
  package var isReadOnly = false
  /// Whether it is the directory itself, with an undo log, instead of a copy-on-write view.
  package var isLive = false
  /// How much content stays in memory; nil: none does, all of it is on the disk.
  package var memoryLimit: Int64?
  package var maximumSize: Int64?
  package var maximumFiles: Int?
  package var maximumFileSize: Int64?
  /// The endings that new files may have; empty: any.
  package var allowedExtensions: [ByteString] = []
  /// Paths in the source, or relative to it, that may be neither seen nor made.
  package var denied: [ByteString] = []
  /// The pause in writing, in seconds, after which a step ends by itself; nil: none does.
  package var ambientPause: Double? = 5
  /// Called with a session that exists, before it is served.
  package var willStart: (borrowing StoredSession) throws -> Void = { _ in }

  /// A view of a directory, to be mounted at another one.
  package init(source: ByteString, point: ByteString, home: ByteString?) throws {
    self.source = try Self.directory(source)
    self.point = try Self.directory(point)
    self.home = home
    if self.source.isWithin(self.point) || self.point.isWithin(self.source) {
      throw SessionError(
        "'\(self.point.printable)' and '\(self.source.printable)' lie in each other",
        hint: "mount at a directory outside the source", kind: .usage)
    }
  }

  /// The true path of a directory; a mount that a killed keeper left there is taken away first.
  private static func directory(_ path: ByteString) throws -> ByteString {
    switch Result(catching: { () throws(Errno) in try Process.canonical(path) }) {
    // A dead mount may still be answered for by what the kernel has cached of it.
    case .success(let found): try FoundMount.detachStale(around: found)
    case .failure(.notConnected): try FoundMount.detachStale()
    case .failure: break  // Told below.
    }
    do throws(Errno) {
      let found = try Process.canonical(path)
      _ = try Descriptor.currentDirectory.open(found, [.path, .directory])
      return found
    } catch {
      throw SessionError(
        "cannot use '\(path.printable)' as a directory: \(error)",
        hint: "give a directory that exists", kind: .usage)
    }
  }

  /// Mounts and serves until it is unmounted, or told to end by SIGTERM, SIGINT or SIGHUP.
  ///
  /// `whenReady` is called once the view can be used, with the session's name.
  package func serve(_ choice: SessionChoice, whenReady: (SessionName) throws -> Void) throws {
    guard let catalogue = try Catalogue.open(home: home, create: true) else {
      throw SessionError("there is no directory for sessions")
    }
    let lock = try catalogue.lockForMaking()
    let (name, isNew) = try session(choice, catalogue)
    do {
      let keeper = try open(name, isNew: isNew, catalogue)
      try lock.close()
      try whenReady(name)
      ServiceManager.notify("READY=1")
      try keeper.serve()
      ServiceManager.notify("STOPPING=1")
      try keeper.end(isNew: isNew, catalogue)
    } catch {
      // What is left of a mount that never was is no session; the error matters more.
      if isNew, try catalogue.isEntered(name) == false { try? catalogue.remove(name) }
      throw error
    }
  }

  /// Opens the session, mounts it and listens for its clients.
  private func open(_ name: SessionName, isNew: Bool, _ catalogue: borrowing Catalogue) throws
    -> MountKeeper
  {
    try FoundMount.refuseLoop(source, in: name)
    try refuseLiveState(catalogue.state)
    if !isNew { try willStart(StoredSession.open(catalogue.find(name.text), in: catalogue)) }
    let directory = try catalogue.open(name)
    let store = try open(directory.borrowed, isNew: isNew)
    let signals = try SignalInput([SIGTERM, SIGINT, SIGHUP])
    let files =
      isLive
      ? try live(name, store, directory.borrowed) : try view(name, store, hiding: catalogue.state)
    do {
      // Who may read a keeper's memory could read the project's content in it.
      try Process.forbidInspection()
      let desk = try Desk(session: directory.borrowed)
      if isNew { try Catalogue.enter(directory.borrowed, project: source) }
      return MountKeeper(
        name, project: source, store: store, files: files, point: point, desk: desk,
        signals: signals, ambient: ambientPause.map { AmbientSteps(pause: $0) })
    } catch {
      try? files.end()
      throw error
    }
  }

  private func session(_ choice: SessionChoice, _ catalogue: borrowing Catalogue) throws -> (
    SessionName, isNew: Bool
  ) {
    switch choice {
    case .named(let name):
      let item = try catalogue.find(name)
      guard item.isLive == isLive else {
        throw SessionError(
          "session \(item.name) is \(isLive ? "no" : "the") undo log of a live directory",
          hint: "say --new, or give it \(isLive ? "without" : "with") --through", kind: .usage)
      }
      return (item.name, false)
    case .current, .existing:
      let items = try catalogue.items(of: source).filter { $0.isLive == isLive }
      if let item = items.first { return (item.name, false) }
    case .new: break
    }
    return (try catalogue.make(for: source), true)
  }

  private func open(_ directory: Descriptor, isNew: Bool) throws -> SessionStore {
    let own = try directory.duplicate()
    guard isNew else { return try reopen(own) }
    if let memoryLimit { try SessionMemory.prepare(in: directory, limit: memoryLimit) }
    let status = try Descriptor.currentDirectory.status(of: source)
    let root = Root(
      id: 1, path: source, role: .project, device: status.device, inode: status.inode)
    return try SessionStore.create(in: own, roots: [root])
  }

  private func reopen(_ directory: consuming OwnedDescriptor) throws -> SessionStore {
    let patience = Timestamp(nanoseconds: Timestamp.now.nanoseconds + 10_000_000_000)
    while true {
      // A keeper that is about to end, or was just killed, lets go soon.
      let own = try directory.borrowed.duplicate()
      do throws(StoreError) { return try SessionStore.open(own) } catch .busy
        where Timestamp.now < patience
      {
        poll(nil, 0, 5)
      } catch .busy {
        throw SessionError(
          "the session is in use by another cowbox",
          hint: "wait until it has ended, or begin another one with --new")
      } catch { throw error }
    }
  }

  /// Refuses a live directory that would log the changes of its own log.
  private func refuseLiveState(_ state: ByteString) throws(SessionError) {
    guard isLive, state.isWithin(source) else { return }
    throw SessionError(
      "'\(source.printable)' holds '\(state.printable)', where cowbox keeps its sessions: "
        + "the undo log would be a part of what it logs",
      hint: "set COWBOX_STATE to a directory outside of it", kind: .usage)
  }

  private func view(
    _ name: SessionName, _ store: SessionStore, hiding state: ByteString
  ) throws -> any MountedFiles {
    let system = try fileSystem(store, hiding: state)
    try mounting { () throws(Errno) in
      try system.mount(
        FoundMount.source(name), at: point, allowsOthers: allowsOthers, isReadOnly: isReadOnly)
    }
    return MountedOverlay(store, system, words: [source, point])
  }

  private func live(_ name: SessionName, _ store: SessionStore, _ session: Descriptor) throws
    -> any MountedFiles
  {
    guard let root = store.roots.first else { throw SessionError("the session has no root") }
    let opened = OwnedDescriptor(owning: try KeeperOpening.openRoot(root).descriptor)
    let tree = try LiveTree(opened, session: session)
    let system = try LiveFileSystem(tree)
    // Modes are the caller's own; the kernel has applied their mask.
    Process.setCreationMask(0)
    try mounting { () throws(Errno) in
      try system.mount(
        FoundMount.source(name), at: point, allowsOthers: allowsOthers, isReadOnly: isReadOnly)
    }
    return try MountedLive(store, tree, system, words: [source, point])
  }

  private func fileSystem(_ store: SessionStore, hiding state: ByteString) throws -> FileSystem {
    guard let root = store.roots.first else { throw SessionError("the session has no root") }
    let opened = try KeeperOpening.openRoot(root)
    var options = OverlayOptions(
      mapsAllIDs: true, owner: Process.user, group: Process.group)
    options.rootIsTop = true
    options.maximumSize = maximumSize
    options.maximumFiles = maximumFiles
    options.maximumFileSize = maximumFileSize
    options.allowedExtensions = Set(allowedExtensions)
    // Where the sessions lie in the source, they change with every change of the view.
    options.hidden = HiddenPaths(
      state.isWithin(root.path) ? [state] : [], roots: [root.path])
    options.denied = HiddenPaths(
      denied.map { $0.bytes.first == UInt8(ascii: "/") ? $0 : root.path.appending($0) },
      roots: [root.path])
    return try FileSystem(store: store, lowers: [opened], options: options)
  }

  private func mounting(_ body: () throws(Errno) -> Void) throws {
    if Process.user != 0, !HelperProgram.isThere("fusermount3") {
      throw SessionError(
        "mounting as an ordinary user needs fusermount3, which is not here",
        hint: "install it: 'apt install fuse3' ('dnf install fuse3', 'apk add fuse3')")
    }
    do throws(Errno) { try body() } catch {
      throw SessionError(
        "cannot mount at '\(point.printable)': \(error)",
        hint: Process.user == 0
          ? "'cowbox doctor' says what is missing"
          : "fusermount3 must have its set-user-id bit, and the directory must be yours"
            + (allowsOthers ? "; --allow-other needs user_allow_other in /etc/fuse.conf" : ""))
    }
  }
}
