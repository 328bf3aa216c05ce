import Linux
import Sandbox
import Store

// Starting commands for clients.
extension Keeper {
  /// Where a command's streams are: descriptors that came, pipes of ours, a file, or a terminal.
  private struct Streams {
    var given: [Descriptor]
    /// Ours to close once the command has them.
    var owned: [Int32] = []
    var pipes: CommandStreams.Ends?
    /// Where the output of a detached command goes.
    var file: ByteString?
  }

  /// A command that is about to run: its step, and what the walls had refused before.
  private struct Start {
    let request: CommandRequest
    let step: Step
    let refusalsBefore: [Refusal]
  }

  /// Starts a command, as a step of its own.
  func spawn(_ params: JSON, _ descriptors: [Int32], _ connection: Connection)
    throws(ProtocolError) -> Answer
  {
    var (request, size) = try Wire.request(
      from: params, environment: plan.environment, directory: plan.project)
    if params["limit"] == nil { request.wallSeconds = plan.wallSeconds }
    // One time is left for the box to hold: who asks for less gets less, and nobody more.
    let limit = request.wallSeconds.map { Int64(min($0, 3_000_000_000)) * 1000 }
    request.timeout = [request.timeout, limit].compactMap { $0 }.min()
    let isWrong = size == nil ? ![0, 3].contains(descriptors.count) : descriptors.count > 1
    if isWrong {
      throw ProtocolError(
        .wrongParams, "a command takes three descriptors or none, on a terminal one at most")
    }
    let step = fileSystem.beginStep(
      request.kind, command: request.words, message: request.message, bringingDown: hasStarted)
    hasStarted = true
    if let clock = request.clock {
      store.tree.lock.with { store.tree.clock = (since: .stamp, time: clock) }
    }
    if let pause = request.ambientSeconds { ambient = AmbientSteps(pause: pause) }
    let start = Start(request: request, step: step, refusalsBefore: refusals)
    do {
      if let size { return try spawn(start, on: size, descriptors, connection) }
      return try spawn(start, descriptors, connection)
    } catch {
      let refusal = ProtocolError(notStarted: error)
      store.endStep(step, status: refusal.exit)
      throw refusal
    }
  }

  private func spawn(
    _ start: Start, _ descriptors: [Int32], _ connection: Connection
  ) throws -> Answer {
    let (request, step) = (start.request, start.step)
    let streams = try streams(for: request, descriptors)
    defer { for raw in streams.owned { _ = OwnedDescriptor(owning: raw) } }
    let process: ProcessNumber
    do { process = try box.spawn(command(request), streams: streams.given) } catch {
      if let ends = streams.pipes {
        for raw in [ends.input, ends.output, ends.error] { _ = OwnedDescriptor(owning: raw) }
      }
      throw error
    }
    var running = running(start, connection)
    if let ends = streams.pipes {
      let relay = CommandStreams(Int64(process.rawValue), of: connection, ends)
      running.streams = relay
      attend(relay)
    }
    commands[process] = running
    return (
      [
        "process": .int(Int64(process.rawValue)), "step": .int(step.id.rawValue),
        "output": JSON.optional(streams.file) { JSON($0) }, "descriptors": 0,
      ], []
    )
  }

  private func streams(for request: CommandRequest, _ descriptors: [Int32]) throws -> Streams {
    if descriptors.count == 3 { return Streams(given: descriptors.map { Descriptor($0) }) }
    if request.isDetached { return try fileStreams() }
    let (ours, theirs) = try CommandStreams.pipes()
    return Streams(given: theirs.map { Descriptor($0) }, owned: theirs, pipes: ours)
  }

  /// Output into a file of the session's directory, for a command that outlives its client.
  private func fileStreams() throws -> Streams {
    let name = ByteString("output-\(Timestamp.now.nanoseconds).log")
    let output = try directory.borrowed.open(
      name, [.writeOnly, .create, .exclusive, .append], mode: 0o600)
    let input = try Descriptor.currentDirectory.open("/dev/null" as ByteString, [])
    let raw = [input.release(), output.release()]
    let path = plan.sessions.appending(plan.session.bytes).appending(name)
    return Streams(
      given: [Descriptor(raw[0]), Descriptor(raw[1]), Descriptor(raw[1])], owned: raw, file: path)
  }

  private func command(_ request: CommandRequest) -> Spawn {
    var style: Spawn.Style = []
    for number in request.closedStreams { style.insert(.closed(number)) }
    return Spawn(
      words: request.words, environment: request.environment, directory: request.directory,
      style: style, creationMask: request.creationMask, timeout: request.timeout)
  }

  private func running(_ start: Start, _ connection: Connection) -> RunningCommand {
    let request = start.request
    return RunningCommand(
      words: request.words, step: start.step, began: .now, owner: connection.id,
      isDetached: request.isDetached, hasClock: request.clock != nil,
      refusalsBefore: start.refusalsBefore)
  }

  /// Starts a command on a terminal of its own, whose controlling side goes to the client.
  private func spawn(
    _ start: Start, on size: WindowSize, _ descriptors: [Int32], _ connection: Connection
  ) throws -> Answer {
    var command = command(start.request)
    let terminal = try box.openTerminal()
    try terminal.master.borrowed.setWindowSize(size)
    let own = terminal.peer.borrowed
    command.style = .terminal
    let error = descriptors.first.map { Descriptor($0) } ?? own
    let process = try box.spawn(command, streams: [own, own, error])
    let (master, peer) = terminal.release()
    _ = OwnedDescriptor(owning: peer)
    commands[process] = running(start, connection)
    return (
      [
        "process": .int(Int64(process.rawValue)), "step": .int(start.step.id.rawValue),
        "descriptors": 1,
      ], [master]
    )
  }
}

// Files of the view.
extension Keeper {
  /// Hands a request on to a process in the box; one that changes something is a step of its own.
  func askFiles(_ method: String, _ params: JSON, _ asker: Asker) throws(ProtocolError) {
    guard let known = FileService.methods[method] else { return }
    let message = try Wire.text("message", params) ?? ""
    let words = ["path", "from", "to"].compactMap { params[$0]?.byteString }
    let isStep = params["step"] != false
    let agent = try known.isSlow ? startFiles(servesOne: true) : standingFiles()
    asker.promise()
    agent.add(
      FileAgent.Job(
        asker: asker, method: method, params: params,
        begin: !known.changes
          ? nil
          : { [fileSystem, store, weak self] in
            guard isStep else { return { _ in } }
            let step = fileSystem.beginStep(
              .edit, command: [ByteString(method)] + words, message: message,
              bringingDown: self?.hasStarted ?? false)
            return { succeeded in store.endStep(step, status: succeeded ? 0 : 1) }
          }))
  }

  private func standingFiles() throws(ProtocolError) -> FileAgent {
    if let files, !files.isOver { return files }
    let made = try startFiles(servesOne: false)
    files = made
    return made
  }

  private func startFiles(servesOne: Bool) throws(ProtocolError) -> FileAgent {
    do {
      let (ours, theirs) = try SocketPair().release()
      let own = OwnedDescriptor(owning: ours)
      let other = OwnedDescriptor(owning: theirs)
      let process = try box.spawn(
        Spawn(
          words: ["files"], environment: [], directory: plan.project, style: .service),
        streams: [other.borrowed, other.borrowed, other.borrowed])
      let agent = try FileAgent(process, socket: own, servesOne: servesOne) { [self] in
        send(9, to: process)
      }
      attend(agent)
      return agent
    } catch { throw ProtocolError(notStarted: error) }
  }
}
