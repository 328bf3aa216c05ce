import CLinux
import Glibc
import Linux
import Sandbox
import Store

// What clients may ask of a keeper with a box; see Wire for the words.
extension Keeper {
  var name: SessionName { plan.session }
  var project: ByteString { plan.project }

  func answer(_ request: Request, for connection: Connection) throws(ProtocolError) -> Answer? {
    switch request.method {
    case "spawn": try spawn(request.params, request.descriptors, connection)
    case "signal": (try signal(request.params), [])
    default: nil
    }
  }

  private func signal(_ params: JSON) throws(ProtocolError) -> JSON {
    guard let process = params["process"]?.int, let signal = params["signal"]?.int,
      (1...64).contains(signal)
    else { throw ProtocolError(.wrongParams, "signal needs process and signal") }
    let number = ProcessNumber(rawValue: UInt32(clamping: process))
    // One that has just ended is no mistake of who signals it.
    if commands[number] != nil { send(Int32(signal), to: number) }
    return [:]
  }

  var runningCommands: [JSON] {
    commands.sorted { $0.value.began < $1.value.began }.map { process, command in
      [
        "process": .int(Int64(process.rawValue)),
        "words": .array(command.words.map { JSON($0) }),
        "began": .int(command.began.nanoseconds), "detached": .bool(command.isDetached),
      ]
    }
  }

  private func spawn(_ params: JSON, _ descriptors: [Int32], _ connection: Connection)
    throws(ProtocolError) -> Answer
  {
    let (request, size) = try Wire.request(from: params)
    guard descriptors.count == (size == nil ? 3 : min(1, descriptors.count)) else {
      throw ProtocolError(.wrongParams, "a command without a terminal needs three descriptors")
    }
    let step = fileSystem.beginStep(request.kind, command: request.words)
    if let clock = request.clock {
      store.tree.lock.with { store.tree.clock = (since: .now, time: clock) }
    }
    if let pause = request.ambientSeconds { ambient = AmbientSteps(pause: pause) }
    do {
      let (process, terminal) = try start(request, size, descriptors)
      commands[process] = RunningCommand(
        words: request.words, step: step, began: .now, owner: connection.id,
        isDetached: request.isDetached, hasClock: request.clock != nil)
      return (
        [
          "process": .int(Int64(process.rawValue)), "step": .int(step.id.rawValue),
          "descriptors": .int(Int64(terminal.count)),
        ], terminal
      )
    } catch {
      let refusal = ProtocolError(notStarted: error)
      store.endStep(step, status: refusal.exit)
      throw refusal
    }
  }

  /// Starts a command; with a terminal of its own, the terminal's controlling side comes with it.
  private func start(_ request: CommandRequest, _ size: WindowSize?, _ descriptors: [Int32])
    throws -> (ProcessNumber, [Int32])
  {
    var command = Spawn(
      words: request.words, environment: request.environment, directory: request.directory,
      creationMask: request.creationMask)
    guard let size else {
      return (try box.spawn(command, streams: descriptors.map { Descriptor($0) }), [])
    }
    let terminal = try box.openTerminal()
    try terminal.master.borrowed.setWindowSize(size)
    let own = terminal.peer.borrowed
    command.style = .terminal
    let error = descriptors.first.map { Descriptor($0) } ?? own
    let process = try box.spawn(command, streams: [own, own, error])
    let (master, peer) = terminal.release()
    _ = OwnedDescriptor(owning: peer)
    return (process, [master])
  }
}
