import CLinux
import Linux
import Overlay
import Sandbox
import Store

/// A session's view, mounted where every program sees it, without walls.
package struct MountedView {
  private let source: ByteString
  private let point: ByteString
  private let home: ByteString?
  /// Whether other users may look at it.
  package var allowsOthers = false
  package var isReadOnly = false
  package var maximumSize: Int64?
  package var maximumFiles: Int?

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

  private static func directory(_ path: ByteString) throws -> ByteString {
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
    let directory = try catalogue.open(name)
    let store = try open(directory.borrowed, isNew: isNew)
    if isNew { try Catalogue.enter(directory.borrowed, project: source) }
    try lock.close()
    let signals = try SignalInput([SIGTERM, SIGINT, SIGHUP])
    let system = try fileSystem(store)
    let step = system.beginStep(.mount, command: [source, point])
    try mount(system)
    try whenReady(name)
    waitForEnd(system, signals)
    store.endStep(step, status: nil)
    if isNew, store.isUnchanged {
      try store.abandon()
      try catalogue.remove(name)
    } else {
      try store.checkpoint()
    }
  }

  private func session(_ choice: SessionChoice, _ catalogue: borrowing Catalogue) throws -> (
    SessionName, isNew: Bool
  ) {
    switch choice {
    case .named(let name): return (try catalogue.find(name).name, false)
    case .current, .existing:
      if let item = try catalogue.items(of: source).first { return (item.name, false) }
    case .new: break
    }
    return (try catalogue.make(for: source), true)
  }

  private func open(_ directory: Descriptor, isNew: Bool) throws -> SessionStore {
    let own = try directory.duplicate()
    guard isNew else { return try SessionStore.open(own) }
    let status = try Descriptor.currentDirectory.status(of: source)
    let root = Root(
      id: 1, path: source, role: .project, device: status.device, inode: status.inode)
    return try SessionStore.create(in: own, roots: [root])
  }

  private func fileSystem(_ store: SessionStore) throws -> FileSystem {
    guard let root = store.roots.first else { throw SessionError("the session has no root") }
    let opened = try KeeperOpening.openRoot(root)
    var options = OverlayOptions(
      mapsAllIDs: true, owner: Process.user, group: Process.group)
    options.rootIsTop = true
    options.maximumSize = maximumSize
    options.maximumFiles = maximumFiles
    return try FileSystem(store: store, lowers: [opened], options: options)
  }

  private func mount(_ system: FileSystem) throws {
    do throws(Errno) {
      try system.mount(at: point, allowsOthers: allowsOthers, isReadOnly: isReadOnly)
    } catch {
      throw SessionError(
        "cannot mount at '\(point.printable)': \(error)",
        hint: Process.user == 0
          ? "'cowbox doctor' says what is missing"
          : "mounting as an ordinary user needs fusermount3 (package fuse3)"
            + (allowsOthers ? ", and user_allow_other in /etc/fuse.conf" : ""))
    }
  }

  /// Waits for a signal or for the end of the mount, whichever comes first.
  private func waitForEnd(_ system: FileSystem, _ signals: borrowing SignalInput) {
    var set = PollSet()
    set.add(signals.descriptor.borrowed)
    set.add(system.ended)
    // A wait that fails ends the mount in good order, as a signal would.
    _ = try? set.wait()
    system.unmount()
    system.wait()
  }
}
