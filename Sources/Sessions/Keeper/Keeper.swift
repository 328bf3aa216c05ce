import CLinux
import Glibc
import Linux
import Overlay
import Sandbox
import Store

/// The process outside the walls that serves a session's file system and owns its store.
///
/// Everything here happens on its first thread; the overlay's workers know nothing of it.
final class Keeper: SessionServer {
  let plan: KeeperPlan
  let store: SessionStore
  let fileSystem: FileSystem
  let box: Box
  let log: SessionLog
  let directory: OwnedDescriptor
  let desk: Desk
  let ports: PublishedPorts
  private let signals: SignalInput
  var commands: [ProcessNumber: RunningCommand] = [:]
  /// What is waited for besides clients, signals and the box.
  private var attended: [any Attended] = []
  /// Whether the kernel may hold what a command has written.
  var hasStarted = false
  /// Reads and writes files for clients; started when it is first asked.
  var files: FileAgent?
  /// Whether the log tells why a command failed; then even an unchanged session is kept.
  private(set) var hasToldRefusal = false
  /// Set once everything is to end, whoever is still there.
  var isStopping = false
  /// Closes steps by itself, once a command was started that asks for it.
  var ambient: AmbientSteps?
  /// What is done with the session once it has come to rest, for the client that asked.
  var lastWish: LastWish?

  /// Takes what `KeeperOpening` has prepared.
  init(plan: KeeperPlan, opened: consuming OpenedSession) {
    self.plan = plan
    store = opened.store
    fileSystem = opened.fileSystem
    box = opened.box
    directory = opened.directory
    desk = opened.desk
    ports = opened.ports
    signals = opened.signals
    log = SessionLog(session: directory.borrowed)
  }

  /// Serves until no client and no command is left.
  func serve() throws {
    while !desk.isEmpty || !commands.isEmpty {
      if isStopping, commands.isEmpty { break }
      try serveOnce()
    }
  }

  /// Waits for one thing at least and does all that have come.
  private func serveOnce() throws {
    // Also what came while a command was being started, of which the descriptor says nothing.
    takeEvents()
    // The last command's end, with its client gone before, leaves nothing to wait for.
    if desk.isEmpty, commands.isEmpty { return }
    var set = PollSet()
    let signalPlace = set.add(signals.descriptor.borrowed)
    let portPlaces = ports.open.map { (port: $0.port, place: set.add(Descriptor($0.listener))) }
    let boxPlace = set.add(box.eventDescriptor)
    let watched = desk.watch(in: &set)
    for one in attended { one.prepare(&set) }
    let times = [endOverdue(), ambient?.milliseconds] + attended.map(\.patience)
    _ = try set.wait(milliseconds: times.compactMap { $0 }.min())
    if !set.events(at: signalPlace).isEmpty { isStopping = true }
    if !set.events(at: boxPlace).isEmpty { takeEvents() }
    // Before clients are heard: what they begin now was not waited for.
    for one in attended { one.advance(set) }
    attended.removeAll(where: \.isOver)
    for (port, place) in portPlaces where !set.events(at: place).isEmpty { forward(to: port) }
    desk.serve(watched, set) { answerAll(of: $0) }
    if isStopping { send(SIGKILL, to: nil) }
    if !commands.isEmpty, ambient?.isDue(store.changeCount) == true { closeStep() }
    for connection in desk.leaving { hangUp(after: connection) }
    desk.dismissLeaving(endsWithLast: commands.isEmpty) { connection in
      hangUp(after: connection)
      _ = cancel(nil, of: connection.id)
    }
  }

  /// Waits for something more from the next turn on.
  func attend(_ one: any Attended) { attended.append(one) }

  /// Gives up what a client has asked for and not got yet; all of it, or one request.
  func cancel(_ request: RequestID?, of connection: Int) -> Bool {
    let found = attended.filter { $0.isFor(connection, request: request) }
    for one in found { one.cancel() }
    attended.removeAll(where: \.isOver)
    return !found.isEmpty
  }

  /// Ends what was hung up and did not go; the time until the next.
  private func endOverdue() -> Int32? {
    var next: Int64?
    for (process, command) in commands {
      guard let when = command.killedAt else { continue }
      var left = when.nanoseconds - Timestamp.now.nanoseconds
      if left <= 0 {
        send(SIGKILL, to: process)
        left = 100_000_000
      }
      next = min(next ?? .max, left)
    }
    return next.map { Int32(clamping: $0 / 1_000_000 + 1) }
  }

  /// Hangs up what a client has started, did not detach and no longer waits for.
  private func hangUp(after connection: Connection) {
    for (process, command) in commands where command.owner == connection.id {
      commands[process]?.owner = nil
      if command.isDetached { continue }
      commands[process]?.killedAt = Timestamp.now.later(milliseconds: 2000)
      send(SIGHUP, to: process)
      send(SIGCONT, to: process)
    }
  }

  /// Says to its client that a command has stopped or ended.
  private func takeEvents() {
    while let event = nextEvent() {
      switch event {
      case .exited(let process, let status): end(process, CommandEnd(waitStatus: status))
      case .timedOut(let process): commands[process]?.hasTimedOut = true
      case .stopped(let process):
        guard let owner = commands[process]?.owner else { continue }
        desk[owner]?.send(
          .notification(
            method: "stopped",
            params: ["process": .int(Int64(process.rawValue))]))
      case .ended:
        isStopping = true
        for process in commands.keys { end(process, .killed(signal: SIGKILL)) }
        return
      }
    }
  }

  /// What has happened in the box; a box that can't be talked to is over.
  private func nextEvent() -> Box.Event? {
    do throws(SpawnError) { return try box.nextEvent() } catch { return .ended }
  }

  /// Sends a signal; a box that is over has nobody left to get it.
  func send(_ signal: Int32, to process: ProcessNumber?) { try? box.signal(process, signal) }

  /// Ends a step in which something was written, because nothing was for a while.
  private func closeStep() {
    let step = store.tree.lock.with { store.tree.step }
    if store.hasChanged(since: step) {
      let next = fileSystem.beginStep(
        .mark, command: [], message: "after a pause", bringingDown: true)
      store.endStep(next, status: nil)
    }
    ambient?.pass(store.changeCount)
  }

  /// Lets what the command changed have the one time that it asked for, and no other's.
  private func stopClock(of command: RunningCommand) {
    guard command.hasClock else { return }
    fileSystem.bringDown()
    store.tree.lock.with {
      store.tree.seal()
      store.tree.clock = nil
    }
  }

  private func end(_ process: ProcessNumber, _ end: CommandEnd) {
    if process == files?.process { return endFiles() }
    guard let command = commands.removeValue(forKey: process) else { return }
    stopClock(of: command)
    store.endStep(command.step, status: end.exitStatus)
    // What can't be written now is kept and tried again; the store refuses changes meanwhile.
    try? store.flush(durable: false)
    let refusals = Refusal.added(refusals, since: command.refusalsBefore)
    log.add(command, end: end, refusals: refusals)
    hasToldRefusal = hasToldRefusal || end.exitStatus != 0 && !refusals.isEmpty
    guard let owner = command.owner else { return }
    let report = CommandReport(
      end: end, hasChanges: store.hasChanged(since: command.step.id),
      step: command.step.id.rawValue, refusals: refusals, hasTimedOut: command.hasTimedOut)
    let message = Message.notification(
      method: "exited", params: Wire.params(of: report, process: Int64(process.rawValue)))
    if let streams = command.streams {
      streams.end(with: message)
    } else {
      desk[owner]?.send(message)
    }
  }

  private func endFiles() {
    files?.fail()
    files = nil
  }
}

extension Timestamp {
  /// So many milliseconds later.
  func later(milliseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: nanoseconds + milliseconds * 1_000_000)
  }
}

extension CommandEnd {
  /// The end that wait(2) describes.
  init(waitStatus status: Int32) {
    self = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
  }
}
