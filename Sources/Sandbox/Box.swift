import Linux
import Profiles

/// A view of the system with walls around it, and the processes that live in it.
///
/// The keeper makes it, in this order: `launch` forks while the keeper has one thread; the overlay
/// then serves `takeDevices()`; `build` puts up the walls; `spawn` starts commands. All calls come
/// from one thread. When the keeper closes the box, or dies, everything in it ends.
package final class Box {
  private let control: OwnedDescriptor
  private var process: Int32?
  private var devices: [Int32] = []
  private var terminals: OwnedDescriptor?
  private var streams: GivenStreams?
  private let plan: LaunchPlan
  private let group: ControlGroup?
  /// Hears what the walls refuse, once they stand.
  private var watch: RefusalWatch?
  /// What lets names of the network through; nil when none are allowed.
  private var proxy: NetworkProxy?
  private var timedOut: Set<ProcessNumber> = []
  private var lastNumber: UInt32 = 0
  private var waitingEvents: [Event] = []

  /// What happens in a box.
  package enum Event: Equatable, Sendable {
    /// A command was stopped by its terminal; SIGCONT goes on with it.
    case stopped(ProcessNumber)
    /// A command ended; the status is as wait(2) has it, see `WaitStatus`.
    case exited(ProcessNumber, waitStatus: Int32)
    /// A command's time is over: it was told to end, and does so with status 124.
    case timedOut(ProcessNumber)
    /// The box itself is over; nothing of it runs any more once `end()` has returned.
    case ended
  }

  private init(
    control: consuming OwnedDescriptor, process: Int32, plan: LaunchPlan, group: ControlGroup?
  ) {
    self.control = control
    self.process = process
    self.plan = plan
    self.group = group
  }

  deinit {
    end()
    for device in devices { _ = OwnedDescriptor(owning: device) }
  }

  /// Makes the outer namespaces and mounts FUSE there; at most eight devices, none for no FUSE.
  package static func launch(_ plan: LaunchPlan, deviceCount: Int) throws(LaunchError) -> Box {
    var plan = plan
    plan.maskHostSockets()
    let group = try plan.limitTogether()
    let steps = ViewStep.all(of: plan)
    let identity = Identity.ofCaller()
    let pair = try at(.talk) { () throws(Errno) in try PacketPair() }
    let (mine, theirs) = pair.release()
    let control = OwnedDescriptor(owning: mine)
    // Closed once forked: only so is a child that dies heard of.
    let other = OwnedDescriptor(owning: theirs)
    var namespaces: NamespaceSet = [.user, .mount, .process, .ipc, .hostName]
    if plan.network != .host { namespaces.insert(.network) }
    // The child's /proc files belong to the user only while it may be inspected.
    let inspected = Process.mayBeInspected
    Process.mayBeInspected = true
    defer { Process.mayBeInspected = inspected }
    let inside = Inside(
      plan: plan, steps: steps, identity: identity, deviceCount: min(deviceCount, 8),
      socket: Descriptor(theirs))
    let process = try Forking.child(in: namespaces) { inside.run() }
    _ = consume other
    let box = Box(control: control, process: process, plan: plan, group: group)
    try at(.controlGroup) { () throws(Errno) in try group?.add(process) }
    try at(.identity) { () throws(Errno) in try identity.writeOuter(for: process) }
    try box.order(.proceed)
    box.devices = try box.expect { $0 == .devices }.descriptors
    return box
  }

  /// The FUSE devices, once: the first is mounted, the others wait for `joinFuse(of:)`.
  package func takeDevices() -> [Int32] {
    defer { devices = [] }
    return devices
  }

  /// Mounts the view and puts up every wall; the overlay must be serving by now.
  package func build() throws(LaunchError) {
    try order(.build)
    let answer = try expect { if case .ready = $0 { true } else { false } }
    guard case .ready(let hasCovers, let hasListener) = answer.report else { return }
    var given = answer.descriptors[...]
    if let first = given.popFirst() { terminals = OwnedDescriptor(owning: first) }
    if let next = given.popFirst() {
      streams = GivenStreams(hostFiles: OwnedDescriptor(owning: next))
    }
    if case .names(let names) = plan.network, let listener = given.popFirst() {
      proxy = try at(.loopback) { () throws(Errno) in
        try NetworkProxy(listener: listener, names: names)
      }
    }
    let resolver = plan.network == .host ? nil : given.popFirst()
    let covers = hasCovers ? given.popFirst() : nil
    let calls = hasListener ? given.popFirst() : nil
    try at(.filter) { () throws(Errno) in try hearRefusals(resolver, covers, calls) }
  }

  private func hearRefusals(_ resolver: Int32?, _ covers: Int32?, _ calls: Int32?) throws(Errno) {
    let numbered = plan.masks.enumerated().map { (ByteString("\($0.offset)"), $0.element) }
    watch = try RefusalWatch(
      calls: calls.map {
        CallListener(listener: $0, onlyNotes: plan.restrictions.filterListens)
      }, resolver: resolver, covers: covers,
      covered: Dictionary(uniqueKeysWithValues: numbered),
      networkRule: plan.network == .off ? "[network] off" : "[network] allow, without the proxy")
  }

  /// What the walls have refused so far.
  package var refusals: [Refusal] {
    (watch?.refusals ?? []) + (proxy?.refusals ?? []) + (group?.refusals(plan.limits) ?? [])
  }

  /// Every wall as it stands, those that are down included.
  package var walls: [Wall] { plan.walls(group: group) }

  /// A new socket of the box's network, not connected.
  package func openSocket() throws(SpawnError) -> OwnedDescriptor { try want(.socket) }

  /// The directory of the first root as the box sees it; held, it keeps the mount.
  package func openView() throws(SpawnError) -> OwnedDescriptor { try want(.view) }

  /// Gets a descriptor that only a process of the box can open.
  private func want(_ order: Order) throws(SpawnError) -> OwnedDescriptor {
    do { try control.borrowed.send(order.bytes) } catch { throw SpawnError(.talk, error) }
    while true {
      let message = try nextPacket()
      switch message.report {
      case .given(nil)?:
        guard let raw = message.descriptors.first else { throw SpawnError(.talk, .badDescriptor) }
        return OwnedDescriptor(owning: raw)
      case .given(let errno?)?: throw SpawnError(.talk, errno)
      case let report?: if let event = event(report) { waitingEvents.append(event) }
      case nil: throw SpawnError(.talk, .brokenPipe)
      }
    }
  }

  /// Readable when `nextEvent()` has something to tell.
  package var eventDescriptor: Descriptor { control.borrowed }

  /// The next thing that happened, or nil when nothing has; never waits.
  package func nextEvent() throws(SpawnError) -> Event? {
    if !waitingEvents.isEmpty { return waitingEvents.removeFirst() }
    var ready = PollSet()
    ready.add(control.borrowed)
    do { guard try ready.wait(milliseconds: 0) else { return nil } } catch {
      throw SpawnError(.talk, error)
    }
    guard let report = try nextReport() else { return .ended }
    return event(report)
  }

  /// Starts a command and waits until it runs: streams are its input, output and errors.
  package func spawn(_ command: Spawn, streams: [Descriptor]) throws(SpawnError) -> ProcessNumber {
    lastNumber += 1
    let number = ProcessNumber(rawValue: lastNumber)
    let shown = try self.streams?.show(streams, to: number) ?? streams
    defer { self.streams?.close(shown, besides: streams) }
    do {
      let payload = try OwnedDescriptor.inMemory()
      try payload.borrowed.write(command.payload)
      try control.borrowed.send(
        Order.spawn(number, command.style).bytes,
        descriptors: [payload.raw] + shown.map(\.raw))
    } catch { throw SpawnError(.talk, error) }
    while true {
      switch try nextReport() {
      case .started(number)?: return number
      case .notStarted(number, let step, let errno)?:
        throw SpawnError(step, errno, step == .directory ? command.directory : command.words.first)
      case let report?: if let event = event(report) { waitingEvents.append(event) }
      case nil: throw SpawnError(.talk, .brokenPipe)
      }
    }
  }

  /// Sends a signal to a command's process group, or to every process when none is named.
  package func signal(_ number: ProcessNumber?, _ signal: Int32) throws(SpawnError) {
    do { try control.borrowed.send(Order.signal(number, signal).bytes) } catch {
      throw SpawnError(.talk, error)
    }
  }

  /// A new terminal of the box's own: the keeper's side, and the side to hand to `spawn`.
  package func openTerminal() throws(SpawnError) -> BoxTerminal {
    guard let terminals = terminals?.borrowed else { throw SpawnError(.terminal, .badDescriptor) }
    do {
      let master = try terminals.open(
        "ptmx", [.readWrite, OpenFlags(rawValue: 0o400)])  // O_NOCTTY
      let peer = try master.borrowed.terminalPeer()
      return BoxTerminal(master: master, peer: peer)
    } catch { throw SpawnError(.terminal, error) }
  }

  /// Ends everything in the box and waits until it is gone.
  package func end() {
    guard let process else { return }
    self.process = nil
    // Failure does not matter: it has ended already, and its end is waited for below.
    try? Process.signal(process, 9)
    _ = try? Process.wait(for: process, blocking: true)
    group?.remove()
  }

  private func order(_ order: Order) throws(LaunchError) {
    do { try control.borrowed.send(order.bytes) } catch {
      // A box that failed by itself has said why; that is worth more than the broken pipe.
      _ = try expect { _ in false }
      throw LaunchError(.talk, error)
    }
  }

  /// Waits for a report that is wanted and answers it with the descriptors beside it.
  private func expect(_ isWanted: (Report) -> Bool) throws(LaunchError)
    -> (report: Report, descriptors: [Int32])
  {
    let message = try at(.talk) { () throws(Errno) in
      try control.borrowed.receive(limit: 1 << 13)
    }
    let report = Report(message.bytes)
    if case .failed(let stage, let errno, let detail)? = report {
      throw LaunchError(stage, errno, detail)
    }
    guard let report, isWanted(report) else { throw LaunchError(.talk, .brokenPipe) }
    return (report, message.descriptors)
  }

  /// The next packet from init, or nil when it is over.
  private func nextReport() throws(SpawnError) -> Report? { try nextPacket().report }

  private func nextPacket() throws(SpawnError) -> (report: Report?, descriptors: [Int32]) {
    do {
      let message = try control.borrowed.receive(limit: 1 << 13)
      return (Report(message.bytes), message.descriptors)
    } catch Errno(104) {  // ECONNRESET: it ended with an order unread.
      return (nil, [])
    } catch { throw SpawnError(.talk, error) }
  }

  private func event(_ report: Report) -> Event? {
    if case .exited(let number, _) = report { streams?.moved(by: number) }
    switch report {
    case .timedOut(let number):
      timedOut.insert(number)
      return .timedOut(number)
    case .exited(let number, _) where timedOut.remove(number) != nil:
      return .exited(number, waitStatus: Self.timedOutCode << 8)
    case .stopped(let number): return .stopped(number)
    case .exited(let number, let status): return .exited(number, waitStatus: status)
    default: return nil
    }
  }

  /// What timeout(1) ends with.
  private static let timedOutCode: Int32 = 124
}

/// A pseudo-terminal of a box.
package struct BoxTerminal: ~Copyable {
  /// What the keeper, or the front, reads and writes.
  package let master: OwnedDescriptor
  /// What the command gets as its three streams.
  package let peer: OwnedDescriptor

  /// Gives both sides away by their numbers; who takes them closes them.
  package consuming func release() -> (master: Int32, peer: Int32) {
    (master.release(), peer.release())
  }
}
