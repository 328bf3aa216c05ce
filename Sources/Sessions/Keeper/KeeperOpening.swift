import CLinux
import Glibc
import Linux
import Overlay
import Sandbox
import Store

/// A session's store, box and file system, ready to be served.
struct OpenedSession: ~Copyable {
  let directory: OwnedDescriptor
  let store: SessionStore
  let fileSystem: FileSystem
  let box: Box
  let desk: Desk
  let ports: PublishedPorts
  let signals: SignalInput
}

/// The first part of a keeper's life: from the fork until the box stands.
///
/// The order matters: the roots are opened before anything is mounted, the box is forked while
/// there is one thread, and only then the workers of the file system start.
enum KeeperOpening {
  /// Opens what the plan says.
  static func open(_ plan: KeeperPlan) throws -> OpenedSession {
    let catalogue = try Catalogue.open(at: plan.sessions)
    let directory = try catalogue.open(plan.session)
    let store = try openStore(plan, directory.borrowed)
    try refuseMissingRoots(plan, store)
    let lowers = try store.roots.map(openRoot)
    var box = plan.box
    // A profile without a home must not show the one that an earlier run had.
    let showsHome = plan.roots.contains { $0.role == .home }
    box.roots = store.roots.filter { showsHome || $0.role != .home }.map {
      RootMount(id: UInt32($0.id), path: $0.path)
    }
    box.masks = withTargets(box.masks)
    let hidden = box.masks
    if box.nests { box.masks.removeAll { isState($0, plan) && isShown($0, store.roots) } }
    box.service = { socket in FileService.serve(socket) }
    let ports = try PublishedPorts(plan.publish)
    let launched = try Box.launch(box, deviceCount: FileSystem.deviceCount)
    let fileSystem = try attempt("serve the session's files") { () throws(Errno) in
      try FileSystem(
        store: store, lowers: lowers, options: options(for: plan, hidden, store.roots))
    }
    fileSystem.view = { try launched.openView() }
    try attempt("serve the session's files") { () throws(Errno) in
      try fileSystem.serve(devices: launched.takeDevices())
    }
    try launched.build()
    let desk = try Desk(session: directory.borrowed)
    if plan.isNew { try Catalogue.enter(directory.borrowed, project: plan.project) }
    return OpenedSession(
      directory: directory, store: store, fileSystem: fileSystem, box: launched,
      desk: desk, ports: ports, signals: try SignalInput([SIGTERM, SIGINT, SIGHUP]))
  }

  /// A session has one home at most; showing another one, too, is an error.
  private static func refuseMissingRoots(_ plan: KeeperPlan, _ store: SessionStore) throws {
    let missing = plan.roots.first { root in !store.roots.contains { $0.path == root.path } }
    guard let missing else { return }
    throw SessionError(
      "session '\(plan.session)' has another home than '\(missing.path.printable)'",
      hint: "begin another one with --new, or leave the home directory out with --no-home",
      kind: .usage)
  }

  /// A box in the box keeps its sessions where ours are, in the view: there the overlay hides ours,
  /// and a cover would leave no room for its own.
  private static func isState(_ path: ByteString, _ plan: KeeperPlan) -> Bool {
    path == plan.sessions.parent
  }

  private static func isShown(_ path: ByteString, _ roots: [Root]) -> Bool {
    roots.contains { path.isWithin($0.path) }
  }

  /// The paths, and where those that are symlinks lead: both are to look empty.
  private static func withTargets(_ paths: [ByteString]) -> [ByteString] {
    var all = Set(paths)
    for path in paths {
      // Failure does not matter: what is not there leads nowhere.
      if let target = try? Process.canonical(path) { all.insert(target) }
    }
    return all.sorted()
  }

  private static func options(
    for plan: KeeperPlan, _ masks: [ByteString], _ roots: [Root]
  ) -> OverlayOptions {
    var options = OverlayOptions(
      mapsAllIDs: Box.mapsAllIDs, owner: Process.user, group: Process.group)
    options.groups = Process.groups
    options.hidden = HiddenPaths(masks, roots: roots.map(\.path))
    options.maximumSize = plan.maximumSize
    options.maximumFiles = plan.maximumFiles
    return options
  }

  /// Opens the store, waiting for a keeper that is about to end or an apply that is going on.
  private static func openStore(_ plan: KeeperPlan, _ directory: Descriptor) throws -> SessionStore
  {
    let roots = try makeRoots(plan)
    let patience = Timestamp(nanoseconds: Timestamp.now.nanoseconds + 10_000_000_000)
    while true {
      let failure: StoreError
      do throws(StoreError) {
        return try tryStore(directory, isNew: plan.isNew, roots)
      } catch { failure = error }
      switch failure {
      case .busy where Timestamp.now < patience: poll(nil, 0, 1)
      case .busy:
        throw SessionError(
          "session '\(plan.session)' is in use by another cowbox",
          hint: "wait until it has ended, or begin another one with --new")
      case .system(let error) where error.errno == .noEntry && !plan.isNew:
        throw SessionError("session '\(plan.session)' is gone", kind: .gone)
      default: throw failure
      }
    }
  }

  private static func tryStore(_ directory: Descriptor, isNew: Bool, _ roots: [Root])
    throws(StoreError) -> SessionStore
  {
    if isNew { return try SessionStore.create(in: duplicate(directory), roots: roots) }
    return try SessionStore.open(duplicate(directory), showing: roots)
  }

  private static func duplicate(_ directory: Descriptor) throws(StoreError) -> OwnedDescriptor {
    do { return try directory.duplicate() } catch {
      throw .system(SystemError("open the session", nil, error))
    }
  }

  /// The directories that a plan shows copy-on-write, as they are now.
  private static func makeRoots(_ plan: KeeperPlan) throws(SessionError) -> [Root] {
    var roots: [Root] = []
    for (index, planned) in plan.roots.enumerated() {
      do throws(Errno) {
        let opened = try Descriptor.currentDirectory.open(planned.path, [.path, .directory])
        let status = try opened.borrowed.status()
        roots.append(
          Root(
            id: Int64(index + 1), path: planned.path, role: planned.role, device: status.device,
            inode: status.inode))
      } catch { throw cannotShow(planned.path, error) }
    }
    return roots
  }

  private static func cannotShow(_ path: ByteString, _ error: Errno) -> SessionError {
    SessionError(
      "cannot open '\(path.printable)', which the session shows: \(error)",
      hint: "put it back where it was; the session keeps what was changed until then")
  }

  /// Opens a root where it was when the session was made; another directory is another project.
  static func openRoot(_ root: Root) throws -> OpenRoot {
    let opened: OwnedDescriptor
    do throws(Errno) {
      opened = try Descriptor.currentDirectory.open(root.path, [.path, .directory, .noFollow])
    } catch { throw cannotShow(root.path, error) }
    let status = try opened.borrowed.status()
    guard status.inode == root.inode || root.role != .project else {
      throw SessionError(
        "'\(root.path.printable)' is another directory than when the session began",
        hint: "put the old one back, or begin a new session with --new")
    }
    return OpenRoot(root: root, descriptor: opened)
  }
}
