import CLinux
import Glibc
import Linux
import Sandbox
import Store

// What clients may ask; see Wire for the words.
extension Keeper {
  /// Answers every whole line that a client has sent.
  func answerAll(of connection: Connection) {
    do throws(ProtocolError) {
      while let line = try connection.channel.nextLine() { answer(line, connection) }
    } catch {
      connection.send(.failure(id: nil, error))
      connection.isLeaving = true
    }
  }

  private func answer(_ line: [UInt8], _ connection: Connection) {
    var id: Int64?
    do throws(ProtocolError) {
      let message = try Message(line: line)
      guard let descriptors = connection.channel.takeDescriptors(message.descriptorCount) else {
        throw ProtocolError(.wrongParams, "fewer descriptors came than 'descriptors' says")
      }
      defer { for raw in descriptors { _ = OwnedDescriptor(owning: raw) } }
      guard case .request(let number, let method, let params) = message else { return }
      id = number
      let answer = try perform(method, params, descriptors, connection)
      connection.send(.result(id: number, answer.result), descriptors: answer.descriptors)
      for raw in answer.descriptors { _ = OwnedDescriptor(owning: raw) }
    } catch {
      connection.send(.failure(id: id, error))
    }
  }

  /// An answer; its descriptors are closed once they were sent.
  private typealias Answer = (result: JSON, descriptors: [Int32])

  private func perform(
    _ method: String, _ params: JSON, _ descriptors: [Int32], _ connection: Connection
  ) throws(ProtocolError) -> Answer {
    if isStopping { throw ProtocolError(.ending, "the session is ending") }
    if method == "hello" { return (try greet(params, connection), []) }
    guard connection.isGreeted else {
      throw ProtocolError(.notRequest, "'hello' must be the first request")
    }
    switch method {
    case "spawn": return try spawn(params, descriptors, connection)
    case "signal": return (try signal(params), [])
    case "status": return (status, [])
    case "flush": return (try flush(), [])
    case "step", "snapshot", "restore":
      guard let act = HistoryAct(method: method, params: params) else {
        throw ProtocolError(.wrongParams, "'\(method)' lacks something")
      }
      return (try perform(act), [])
    case "stop":
      isStopping = true
      return ([:], [])
    default: throw ProtocolError(.unknownMethod, "there is no method '\(method)'")
    }
  }

  private func greet(_ params: JSON, _ connection: Connection) throws(ProtocolError) -> JSON {
    guard let version = params["version"]?.int else {
      throw ProtocolError(.wrongParams, "hello needs a version")
    }
    guard version == Wire.version else {
      throw ProtocolError(
        .wrongParams, "this keeper speaks version \(Wire.version), not \(version)")
    }
    connection.isGreeted = true
    return [
      "version": .int(Wire.version), "session": .string(plan.session.text),
      "project": JSON(plan.project), "keeper": .int(Int64(Process.id)),
    ]
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

  private func flush() throws(ProtocolError) -> JSON {
    do { try store.flush(durable: false) } catch {
      throw ProtocolError(.failed, String(describing: error))
    }
    return [:]
  }

  private var status: JSON {
    [
      "session": .string(plan.session.text), "project": JSON(plan.project),
      "keeper": .int(Int64(Process.id)),
      "commands": .array(
        commands.sorted { $0.value.began < $1.value.began }.map { process, command in
          [
            "process": .int(Int64(process.rawValue)),
            "words": .array(command.words.map { JSON($0) }),
            "began": .int(command.began.nanoseconds), "detached": .bool(command.isDetached),
          ]
        }),
    ]
  }

  private func spawn(_ params: JSON, _ descriptors: [Int32], _ connection: Connection)
    throws(ProtocolError) -> Answer
  {
    let (request, size) = try Wire.request(from: params)
    guard descriptors.count == (size == nil ? 3 : min(1, descriptors.count)) else {
      throw ProtocolError(.wrongParams, "a command without a terminal needs three descriptors")
    }
    let step = fileSystem.beginStep(request.kind, command: request.words)
    do {
      let (process, terminal) = try start(request, size, descriptors)
      commands[process] = RunningCommand(
        words: request.words, step: step, began: .now, owner: connection.id,
        isDetached: request.isDetached)
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
