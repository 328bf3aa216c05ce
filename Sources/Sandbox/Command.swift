import Confinement
import Glibc
import Linux

/// A command between fork and exec.
struct Command {
  /// What a starting process tells init, eight bytes each.
  enum News {
    case process(Int32)
    case failed(SpawnStep, Errno)

    var bytes: [UInt8] {
      let (kind, value): (Int32, Int32) =
        switch self {
        case .process(let id): (0, id)
        case .failed(let step, let errno): (Int32(step.rawValue), errno.rawValue)
        }
      return withUnsafeBytes(of: (kind, value)) { Array($0) }
    }

    init?(_ bytes: [UInt8]) {
      guard bytes.count == 8 else { return nil }
      let (kind, value) = bytes.withUnsafeBytes { $0.loadUnaligned(as: (Int32, Int32).self) }
      if kind == 0 {
        self = .process(value)
      } else if let step = SpawnStep(rawValue: UInt8(truncatingIfNeeded: kind)) {
        self = .failed(step, Errno(value))
      } else {
        return nil
      }
    }
  }

  private struct Failure: Error {
    let step: SpawnStep
    let errno: Errno
  }

  let number: ProcessNumber
  let spawn: Spawn
  let streams: [Descriptor]
  let keeper: Descriptor
  let limits: [ResourceLimit]
  let files: FileRestriction?
  let service: (@Sendable (Descriptor) -> Int32)?

  init(
    number: ProcessNumber, style: Spawn.Style, payload: Descriptor, streams: [Descriptor],
    keeper: Descriptor, limits: [ResourceLimit], files: FileRestriction?,
    service: (@Sendable (Descriptor) -> Int32)?
  ) throws(Errno) {
    let bytes = try payload.readAll(limit: 64 << 20)
    guard let spawn = Spawn(payload: bytes, style: style) else { throw .invalid }
    self.number = number
    self.spawn = spawn
    self.streams = streams
    self.keeper = keeper
    self.limits = limits
    self.files = files
    self.service = service
  }

  /// Becomes the command, or the leader of its terminal's session; answers an exit status.
  func run(telling pen: Descriptor) -> Int32 {
    do {
      // A session of its own: no terminal of the host's can become the controlling one.
      try step(.terminal) { () throws(Errno) in try Process.beginTerminalSession() }
      guard spawn.style.contains(.terminal) else { return try become(telling: pen) }
      return try lead(telling: pen)
    } catch {
      // Failure does not matter: init reads the end instead.
      try? pen.write(News.failed(error.step, error.errno).bytes)
      return 125
    }
  }

  /// Stays the parent in the command's own session, so that stopping it with a key works.
  ///
  /// A process group whose parent is in another session is orphaned, and the kernel ignores its
  /// stop signals (setpgid(2)).
  private func lead(telling pen: Descriptor) throws(Failure) -> Int32 {
    Process.blockSignals()
    let terminal = streams[0]
    try step(.terminal) { () throws(Errno) in try terminal.control() }
    let child = try step(.fork) { () throws(Errno) in try Process.fork() }
    if child == 0 {
      do {
        try step(.terminal) { () throws(Errno) in
          try Process.setGroup(of: 0, to: 0)
          try terminal.setForeground(Process.id)
        }
        return try become(telling: pen)
      } catch {
        try? pen.write(News.failed(error.step, error.errno).bytes)
        return 125
      }
    }
    return follow(child, pen)
  }

  /// Waits for the command and tells the keeper of each stop and of the end.
  private func follow(_ child: Int32, _ pen: Descriptor) -> Int32 {
    for descriptor in streams + [pen] { _ = OwnedDescriptor(owning: descriptor.raw) }
    Process.restoreSignals()
    // Failure does not matter: without the command there is nothing to report.
    while let (_, status) = try? Process.wait(for: child, stops: true, blocking: true) {
      if WaitStatus.isStopped(status) {
        try? keeper.send(Report.stopped(number).bytes)
      } else if !WaitStatus.isContinued(status) {
        try? keeper.send(Report.exited(number, status).bytes)
        return 0
      }
    }
    return 0
  }

  /// Executes; returns only when it could not.
  private func become(telling pen: Descriptor) throws(Failure) -> Int32 {
    try step(.fork) { () throws(Errno) in try pen.write(News.process(Process.id).bytes) }
    try step(.descriptors) { () throws(Errno) in try placeStreams(besides: pen) }
    let directory = spawn.directory
    try step(.directory) { () throws(Errno) in
      try Process.changeDirectory(to: directory)
      try replaceDirectories()
    }
    try step(.files) { () throws(Errno) in
      try files?.putUp(streams: (0...2).map { Descriptor($0) })
    }
    // Late: a limit of open files is the command's, not that of what is opened above.
    try step(.limits) { () throws(Errno) in
      for limit in limits { try set(limit) }
    }
    closeStreams()
    Process.setCreationMask(spawn.creationMask)
    Process.restoreSignals()
    if spawn.style.contains(.service), let service { return try serve(service) }
    let errno = Process.execute(spawn.words, environment: spawn.environment)
    throw Failure(step: .execute, errno: errno)
  }

  /// Serves instead of executing; that the pen is closed says that it runs.
  private func serve(_ service: (Descriptor) -> Int32) throws(Failure) -> Int32 {
    // Nothing but its own socket: what init and other commands talk over is not its business.
    try step(.descriptors) { () throws(Errno) in try Process.closeDescriptors(from: 3) }
    return service(.standardInput)
  }

  private func set(_ limit: ResourceLimit) throws(Errno) {
    let most = min(limit.most, try Process.limit(limit.resource).hard)
    try Process.setLimit(limit.resource, soft: most, hard: most)
  }

  /// The streams were received above 2, so placing one never overwrites the next.
  private func placeStreams(besides pen: Descriptor) throws(Errno) {
    for (number, stream) in streams.enumerated() {
      try stream.duplicate(onto: Int32(number))
    }
    try Process.closeDescriptorsOnExec(from: 3)
  }

  /// A directory of the host's would lead to all of the host by its "..": as a stream stands the
  /// directory where the command starts instead, which reads as any other: EISDIR.
  private func replaceDirectories() throws(Errno) {
    for number: Int32 in 0...2 {
      let stream = Descriptor(number)
      guard try stream.status().kind == .directory else { continue }
      let here = try Descriptor.currentDirectory.open(".", [.readOnly, .directory])
      try here.borrowed.duplicate(onto: number)
    }
  }

  /// Closes the streams that were closed outside; until here they stood for nothing.
  private func closeStreams() {
    for number: Int32 in 0...2 where spawn.style.contains(.closed(number)) {
      _ = OwnedDescriptor(owning: number)
    }
  }

  private func step<Result>(
    _ step: SpawnStep, _ body: () throws(Errno) -> Result
  ) throws(Failure) -> Result {
    do { return try body() } catch { throw Failure(step: step, errno: error) }
  }
}
