import Confinement
import Linux

/// The first process of a box, from its first breath until it serves as init.
struct Inside {
  let plan: LaunchPlan
  let steps: [ViewStep]
  let identity: Identity
  let deviceCount: Int
  /// This end of the socket to the keeper, before it gets its number.
  let socket: Descriptor
  private var keeper: Descriptor { Descriptor(Self.socketNumber) }

  /// Puts up every wall in its order, then serves; answers an exit status.
  func run() -> Int32 {
    do {
      let (limits, view) = try build()
      var process1 = Init(
        keeper: keeper, limits: limits, files: FileRestriction(plan), service: plan.service,
        view: view)
      return process1.serve()
    } catch {
      // Failure does not matter: without a keeper nobody can be told.
      try? keeper.send(Report.failed(error.stage, error.errno, error.detail).bytes)
      return 125
    }
  }

  private func build() throws(LaunchError) -> (limits: [ResourceLimit], view: Descriptor?) {
    try settle()
    try wait(for: .proceed)
    try forgetStreams()
    try at(.controlGroup) { () throws(Errno) in try Process.enterNew(.controlGroup) }
    let view = try FileView(plan: plan, identity: identity)
    try view.gather(steps)
    try sendDevices(to: view)
    try wait(for: .build)
    try view.build(steps)
    let root = try openRoot()
    let network = try openNetwork()
    let covers = try view.watchCovers()
    let terminals = try at(.devices) { () throws(Errno) in
      try Descriptor.currentDirectory.open("/dev/pts", [.path, .directory])
    }
    try enterInnerNamespace()
    let listener = try Walls(plan.restrictions).close()
    try at(.talk) { () throws(Errno) in
      let given = network + [covers, listener].compactMap { $0 }
      let ready = Report.ready(hasCovers: covers != nil, hasListener: listener != nil)
      let always = [terminals.raw, view.hostFiles.raw]
      try keeper.send(ready.bytes, descriptors: always + given.map(\.raw))
      for descriptor in given { _ = OwnedDescriptor(owning: descriptor.raw) }
    }
    return (plan.restrictions.limits, root)
  }

  /// The first root, by which it is reached wherever the command moves the directories above it.
  private func openRoot() throws(LaunchError) -> Descriptor? {
    guard let step = steps.first(where: \.isRoot) else { return nil }
    return try at(.root, step.target) { () throws(Errno) in
      Descriptor(
        try Descriptor.currentDirectory.open(step.target, [.path, .directory]).release())
    }
  }

  /// Brings loopback up and listens there for the keeper: for its proxy where names are allowed, and
  /// for questions to a name server, which nobody else would answer.
  private func openNetwork() throws(LaunchError) -> [Descriptor] {
    if plan.network == .host { return [] }
    return try at(.loopback) { () throws(Errno) in
      try Process.raiseLoopback()
      var listeners: [Descriptor] = []
      if case .names = plan.network {
        listeners.append(
          Descriptor(try InternetAddress.listenOnLoopback(port: NetworkProxy.port).release()))
      }
      listeners.append(Descriptor(try Descriptor.resolverSocket(port: 53).release()))
      return listeners
    }
  }

  /// Ends with the keeper, holds nothing of it but the socket, and hears no terminal.
  private func settle() throws(LaunchError) {
    try at(.parentLink) { () throws(Errno) in
      try Process.endWithParent()
      // First, so that whatever fails can be told.
      try socket.duplicate(onto: Self.socketNumber)
      try Descriptor(Self.socketNumber).setCloseOnExec(true)
      try Process.closeDescriptors(from: Self.socketNumber + 1)
      Process.restoreSignals()
      Process.setCreationMask(0)
    }
  }

  /// Forgets the keeper's standard streams; device nodes can be opened only with mapped ids.
  private func forgetStreams() throws(LaunchError) {
    try at(.parentLink) { () throws(Errno) in
      let null = try Descriptor.currentDirectory.open("/dev/null", .readWrite)
      for number: Int32 in 0...2 { try null.borrowed.duplicate(onto: number) }
    }
  }

  /// The number that the socket to the keeper has in init; every other one is closed.
  static let socketNumber: Int32 = 3

  private func wait(for order: Order) throws(LaunchError) {
    try at(.talk) { () throws(Errno) in
      let message = try keeper.receive(limit: 64)
      // No bytes: the keeper has given up, so there is nobody to tell.
      if message.bytes.isEmpty { Process.end(125) }
      guard Order(message.bytes) == order else { throw .invalid }
    }
  }

  /// Opens the devices inside the namespace that mounts FUSE: the kernel insists on it.
  private func sendDevices(to view: FileView) throws(LaunchError) {
    let path: ByteString = "/dev/fuse"
    var devices: [Int32] = []
    for _ in 0..<deviceCount {
      let device = try at(.fuseDevice, path) { () throws(Errno) in
        try Descriptor.currentDirectory.open(path, .readWrite)
      }
      devices.append(device.release())
    }
    if let first = devices.first { try view.mountFuse(Descriptor(first)) }
    let sent = devices
    try at(.talk) { () throws(Errno) in
      try keeper.send(Report.devices.bytes, descriptors: sent)
    }
    // Only the keeper may hold them: when it dies, the kernel must abort the connection.
    for device in devices { _ = OwnedDescriptor(owning: device) }
  }

  /// Enters the namespace where the command lives; it owns nothing that A has mounted.
  private func enterInnerNamespace() throws(LaunchError) {
    try at(.innerNamespace) { () throws(Errno) in
      if identity.ranges != nil && !plan.fakeRoot {
        try enterInnerMappedFromOutside()
      } else {
        try Process.enterNew(.user)
        // A change of credentials has closed /proc/self to its owner (prctl(2), PR_SET_DUMPABLE).
        Process.mayBeInspected = true
        try identity.writeInner(for: "self", fakeRoot: plan.fakeRoot)
      }
      // The same change has cut the tie to the parent (prctl(2), PR_SET_PDEATHSIG).
      try Process.endWithParent()
      Process.mayBeInspected = false
    }
  }

  /// Whole ranges of ids may only be written by a process that stays behind with CAP_SETUID.
  private func enterInnerMappedFromOutside() throws(Errno) {
    // By number: the branch that never returns would close what an owner holds too early.
    let entered = try Pipe().release()
    let mapped = try Pipe().release()
    let ends = [entered.output, entered.input, mapped.output, mapped.input]
    defer { for end in ends { _ = OwnedDescriptor(owning: end) } }
    let helper = try Process.fork()
    if helper == 0 {
      var failure: Int32 = 0
      do {
        _ = try Descriptor(entered.output).read(byteCount: 1)
        try identity.writeInner(for: "1", fakeRoot: false)
      } catch { failure = error.rawValue }
      // Failure does not matter: init reads the end of the pipe instead.
      try? Descriptor(mapped.input).write([UInt8(truncatingIfNeeded: failure)])
      Process.end(0)
    }
    try Process.enterNew(.user)
    Process.mayBeInspected = true
    try Descriptor(entered.input).write([1])
    let answer = try Descriptor(mapped.output).read(byteCount: 1)
    _ = try Process.wait(for: helper, blocking: true)
    guard let failure = answer.first else { throw .brokenPipe }
    if failure != 0 { throw Errno(Int32(failure)) }
  }
}
