import Glibc
import Linux

/// The view of the file system while it is built, inside the outer user namespace.
///
/// Every mount is made detached and attached by descriptor, so that no path is walked twice and
/// nothing is ever created in a tree that is not the box's own.
final class FileView {
  let plan: LaunchPlan
  let identity: Identity
  /// A tmpfs for the new root, FUSE and what masks show, gone from sight with the old root.
  let stage: OwnedDescriptor
  private let stagePath: ByteString
  private let base: OwnedDescriptor
  /// The host's files for `GivenStreams`, through mounts that take no change.
  let hostFiles: OwnedDescriptor
  /// The sources of binds by path, copied before the stage covers anything; closed with the view.
  private var sources: [ByteString: Descriptor] = [:]
  /// The host's device nodes, copied likewise.
  var deviceNodes: [(name: ByteString, copy: Descriptor)] = []

  /// Copies what the view is made of and mounts the stage.
  init(plan: LaunchPlan, identity: Identity) throws(LaunchError) {
    self.plan = plan
    self.identity = identity
    try at(.privateMounts) { () throws(Errno) in try Mount.makeAllPrivate() }
    base = try at(.hostView) { () throws(Errno) in
      switch plan.base {
      case .host: try Descriptor.currentDirectory.copyMount("/", recursive: true)
      case .empty:
        try Mount.make(
          "tmpfs", options: [("mode", "0755"), ("size", "16m")], attributes: [.noSetID, .noDevices])
      }
    }
    hostFiles = try at(.hostView) { () throws(Errno) in
      let all = try Descriptor.currentDirectory.copyMount("/", recursive: true)
      try all.borrowed.restrictMount([.readOnly, .noSetID], recursive: true)
      return all
    }
    stage = try at(.staging) { () throws(Errno) in
      try Mount.make(
        "tmpfs", options: [("mode", "0755"), ("size", "1m")],
        attributes: [.noSetID, .noDevices, .noPrograms])
    }
    stagePath = try Self.directoryToCover()
  }

  /// Opens everything that lies outside the box, then covers the place where the stage goes.
  func gather(_ steps: [ViewStep]) throws(LaunchError) {
    for step in steps {
      guard case .bind(let source, let readOnly) = step.kind else { continue }
      try gather(source, for: step, readOnly: readOnly)
    }
    try gatherDevices()
    try at(.staging, stagePath) { () throws(Errno) in
      for name: ByteString in ["root", "fuse", "empty", "covers"] {
        try stage.borrowed.makeDirectory(name, mode: name == "empty" ? 0o555 : 0o755)
      }
      _ = try stage.borrowed.open("nothing", [.create, .exclusive], mode: 0o444)
      let place = try Descriptor.currentDirectory.open(stagePath, [.path, .directory])
      try stage.borrowed.attach(on: place.borrowed)
    }
  }

  /// Mounts FUSE for an opened device, out of the command's sight.
  func mountFuse(_ device: Descriptor) throws(LaunchError) {
    try at(.fuseMount) { () throws(Errno) in
      try Mount.makeFuse(
        at: stagePath.appending("fuse"), device: device, user: identity.user,
        group: identity.group)
    }
  }

  /// Mounts everything in its order, and makes the result this process's root.
  func build(_ steps: [ViewStep]) throws(LaunchError) {
    try makeBaseReadOnly()
    try at(.staging) { () throws(Errno) in
      let place = try stage.borrowed.open("root", [.path, .directory])
      try base.borrowed.attach(on: place.borrowed)
    }
    for step in steps { try mount(step) }
    // What lies in a root is hidden by the overlay itself; to look for it there would only teach
    // the kernel that it is missing.
    for (index, path) in plan.masks.enumerated() where !isInRoot(path, steps) {
      try mask(path, ByteString("\(index)"))
    }
    if plan.network != .host { try nameResolver() }
    try at(.devices) { () throws(Errno) in
      let devices = try open("/dev")
      try devices.borrowed.restrictMount(.readOnly)
    }
    if plan.base == .empty {
      try at(.readOnly) { () throws(Errno) in try base.borrowed.restrictMount(.readOnly) }
    }
    try at(.newRoot) { () throws(Errno) in try base.borrowed.becomeRoot() }
    for source in sources.values { _ = OwnedDescriptor(owning: source.raw) }
    for node in deviceNodes { _ = OwnedDescriptor(owning: node.copy.raw) }
  }

  private func gather(
    _ source: ByteString, for step: ViewStep, readOnly: Bool
  ) throws(LaunchError) {
    do {
      let copy = try Descriptor.currentDirectory.copyMount(source, recursive: true)
      var attributes: MountAttributes = readOnly ? [.noSetID, .readOnly] : .noSetID
      if !step.target.isWithin("/dev") { attributes.insert(.noDevices) }
      try copy.borrowed.restrictMount(attributes, recursive: true)
      sources[step.target] = Descriptor(copy.release())
    } catch {
      if step.optional && (error == .noEntry || error == .notDirectory) { return }
      throw LaunchError(.mount, error, source)
    }
  }

  private func makeBaseReadOnly() throws(LaunchError) {
    guard plan.base == .host else { return }
    do {
      try base.borrowed.restrictMount([.readOnly, .noSetID, .noDevices], recursive: true)
    } catch { throw LaunchError(.readOnly, error, MountTable.stubborn(under: base.borrowed)) }
  }

  private func mount(_ step: ViewStep) throws(LaunchError) {
    switch step.kind {
    case .root(let name):
      try at(.root, step.target) { () throws(Errno) in
        let fuse = try Descriptor.currentDirectory.copyMount(
          stagePath.appending("fuse").appending(name))
        try attach(fuse.borrowed, for: step)
      }
    case .bind:
      guard let source = sources[step.target] else { return }
      try at(.mount, step.target) { () throws(Errno) in try attach(source, for: step) }
    case .scratch(let mode):
      try at(.scratch, step.target) { () throws(Errno) in try mountScratch(step, mode) }
    case .devices: try mountDevices(step)
    case .processes: try mountProcesses(step)
    }
  }

  private func mountScratch(_ step: ViewStep, _ mode: UInt32) throws(Errno) {
    var options: [(String, String?)] = [("mode", String(mode, radix: 8))]
    if let size = plan.scratchSize { options.append(("size", String(size))) }
    let fresh = try Mount.make("tmpfs", options: options, attributes: [.noSetID, .noDevices])
    if step.target == "/run" {
      // Where XDG_RUNTIME_DIR usually is: programs expect to own it.
      try fresh.borrowed.makeDirectory("user", mode: 0o755)
      try fresh.borrowed.makeDirectory(ByteString("user/\(identity.user)"), mode: 0o700)
      try fresh.borrowed.makeDirectory("lock", mode: 0o777)
    }
    try attach(fresh.borrowed, for: step)
  }

  /// Attaches a mount where a step wants it; an optional one without a place is passed over.
  func attach(_ mount: Descriptor, for step: ViewStep) throws(Errno) {
    do {
      let target = try place(step.target, like: mount, mayCreate: step.mayCreate)
      try mount.attach(on: target.borrowed)
    } catch .noEntry where step.optional {}
  }

  /// What a path stands for in the new root, symlinks followed as the command would.
  func open(_ path: ByteString, _ flags: OpenFlags = .path) throws(Errno) -> OwnedDescriptor {
    // RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS: an absolute symlink starts at the new root.
    let inRoot = Resolve(rawValue: 0x10 | 0x02)
    return try base.borrowed.open(beneath: path, flags, resolve: inRoot)
  }

  private func place(
    _ path: ByteString, like mount: Descriptor, mayCreate: Bool
  ) throws(Errno) -> OwnedDescriptor {
    do { return try open(path) } catch {
      guard error == .noEntry, mayCreate else { throw error }
    }
    let isDirectory = try mount.status().kind == .directory
    var parent = ByteString([])
    for name in path.components.dropLast() {
      let directory = try open(parent, [.path, .directory])
      do { try directory.borrowed.makeDirectory(name, mode: 0o755) } catch .exists {}
      parent = parent.appending(name)
    }
    let directory = try open(parent, [.path, .directory])
    let last = path.lastComponent
    if isDirectory {
      try directory.borrowed.makeDirectory(last, mode: 0o755)
    } else {
      _ = try directory.borrowed.open(last, [.create, .exclusive], mode: 0o644)
    }
    return try open(path)
  }

  /// Whether a path is shown by the overlay, and not by a mount inside of a root.
  private func isInRoot(_ path: ByteString, _ steps: [ViewStep]) -> Bool {
    guard let last = steps.last(where: { path != $0.target && path.isWithin($0.target) }) else {
      return false
    }
    if case .root = last.kind { return true }
    return false
  }

  /// Makes a path look empty; what is not there, or out of the command's reach, is passed over.
  ///
  /// Each has a cover of its own, by whose name it is known when somebody opens it.
  private func mask(_ path: ByteString, _ name: ByteString) throws(LaunchError) {
    do throws(Errno) {
      let target = try open(path)
      let own = ByteString("covers").appending(name)
      if try target.borrowed.status().kind == .directory {
        try stage.borrowed.makeDirectory(own, mode: 0o555)
      } else {
        _ = try stage.borrowed.open(own, [.create, .exclusive], mode: 0o444)
      }
      try cover(target.borrowed, with: own)
    } catch {
      let harmless: [Errno] = [.noEntry, .notDirectory, .accessDenied, .loop]
      if !harmless.contains(error) { throw LaunchError(.mask, error, path) }
    }
  }

  /// Watches who opens a cover; must come before the walls, and after the last cover.
  func watchCovers() throws(LaunchError) -> Descriptor? {
    if plan.masks.isEmpty { return nil }
    return try at(.mask) { () throws(Errno) in
      let covers = try stage.borrowed.open("covers", [.readOnly, .directory])
      do throws(Errno) {
        return Descriptor(try WatchEvents.opens(in: covers.borrowed).release())
      } catch .tooManyOpen {
        // The user's watches are all taken: what is refused stays refused, but is not told.
        return nil
      }
    }
  }

  /// Shows a name server at loopback, where the keeper answers, in the place of the host's.
  private func nameResolver() throws(LaunchError) {
    let path: ByteString = "/etc/resolv.conf"
    do throws(Errno) {
      let target = try open(path)
      let file = try stage.borrowed.open(
        "resolver", [.writeOnly, .create, .exclusive], mode: 0o444)
      try file.borrowed.write(Array("nameserver 127.0.0.1\n".utf8))
      try cover(target.borrowed, with: "resolver")
    } catch .noEntry {
      // Without the file, or where it leads out of the view, programs ask at loopback by themselves.
    } catch { throw LaunchError(.loopback, error, path) }
  }

  /// Mounts the empty file or the empty directory on something.
  func cover(_ target: Descriptor) throws(Errno) {
    try cover(target, with: try target.status().kind == .directory ? "empty" : "nothing")
  }

  /// Mounts something of the stage on something of the view, read-only.
  private func cover(_ target: Descriptor, with name: ByteString) throws(Errno) {
    let cover = try stage.borrowed.copyMount(name)
    try cover.borrowed.restrictMount([.readOnly, .noSetID, .noDevices, .noPrograms])
    try cover.borrowed.attach(on: target)
  }

  private static func directoryToCover() throws(LaunchError) -> ByteString {
    for path: ByteString in ["/tmp", "/mnt", "/run", "/var"] {
      // Failure does not matter: the next one may be there.
      if (try? Descriptor.currentDirectory.open(path, [.path, .directory, .noFollow])) != nil {
        return path
      }
    }
    throw LaunchError(.staging, .noEntry, "/tmp")
  }
}

/// Runs one step of a stage and gives its error number the stage's name.
func at<Result: ~Copyable>(
  _ stage: LaunchStage, _ detail: ByteString? = nil, _ body: () throws(Errno) -> Result
) throws(LaunchError) -> Result {
  do { return try body() } catch { throw LaunchError(stage, error, detail) }
}
