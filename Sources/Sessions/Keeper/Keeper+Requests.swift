import Glibc
import Linux
import Sandbox
import Store

// What clients may ask of a keeper with a box; cowbox-protocol(7) has the words.
extension Keeper {
  var name: SessionName { plan.session }
  var project: ByteString { plan.project }

  var greeting: [JSON.Member] {
    let path = plan.sessions.appending(plan.session.bytes).appending("run/control")
    return [JSON.Member("socket", JSON(path))]
  }

  var details: [JSON.Member] {
    let refused = refusals.filter { $0.kind == .network }
    return [
      JSON.Member("clients", .int(Int64(desk.count))),
      JSON.Member("step", .int(store.tree.lock.with { store.tree.step }.rawValue)),
      JSON.Member(
        "refusedNames",
        .array(refused.map { ["name": .string($0.what), "count": .int(Int64($0.count))] })),
    ]
  }

  func answer(_ request: Request, for connection: Connection) throws(ProtocolError) -> Answer? {
    switch request.method {
    case "spawn": try spawn(request.params, request.descriptors, connection)
    case "signal": (try signal(request.params), [])
    case "end": (try end(request.params), [])
    case "input": (try input(request.params), [])
    case "cancel": (try cancel(request.params, connection), [])
    case "adopt": (try adopt(request.descriptors), [])
    case "log", "snapshots", "undo", "redo": (try history(request), [])
    case "walls": (standingWalls.json, [])
    default: nil
    }
  }

  func take(_ request: Request, for asker: Asker) throws(ProtocolError) -> Bool {
    if FileService.methods[request.method] != nil {
      try askFiles(request.method, request.params, asker)
      return true
    }
    return try askVerb(request.method, request.params, asker)
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

  private var standingWalls: StandingWalls {
    StandingWalls(
      walls: box.walls + StandingWalls.ofSession(size: plan.maximumSize, files: plan.maximumFiles),
      notContained: plan.box.notContained, terms: plan.terms)
  }

  /// The process that a request is about.
  private func process(_ params: JSON) throws(ProtocolError) -> ProcessNumber {
    guard let process = params["process"]?.int else {
      throw ProtocolError(.wrongParams, "'process' must be the number that spawn has answered")
    }
    return ProcessNumber(rawValue: UInt32(clamping: process))
  }

  private func signal(_ params: JSON) throws(ProtocolError) -> JSON {
    let number = try process(params)
    guard let signal = params["signal"]?.int, (1...64).contains(signal) else {
      throw ProtocolError(.wrongParams, "'signal' must be a number from 1 to 64")
    }
    // One that has just ended is no mistake of who signals it.
    if commands[number] != nil { send(Int32(signal), to: number) }
    return [:]
  }

  /// Tells a command to end, and ends it when it does not go.
  private func end(_ params: JSON) throws(ProtocolError) -> JSON {
    let number = try process(params)
    guard let grace = (params["grace"] ?? 5000).int, (0...3_600_000).contains(grace) else {
      throw ProtocolError(.wrongParams, "'grace' must be milliseconds from 0 to 3600000")
    }
    guard commands[number] != nil else { return [:] }
    commands[number]?.killedAt = Timestamp.now.later(milliseconds: grace)
    send(SIGTERM, to: number)
    send(SIGCONT, to: number)
    return [:]
  }

  /// Gives a command's input more bytes, or its end.
  private func input(_ params: JSON) throws(ProtocolError) -> JSON {
    guard let streams = commands[try process(params)]?.streams else {
      throw ProtocolError(.failed, "there is no such command with input to give")
    }
    if let data = params["data"], data != .null {
      guard let bytes = data.byteString else {
        throw ProtocolError(.wrongParams, "'data' must be a string or {\"base64\": ...}")
      }
      try streams.write(bytes.bytes)
    }
    if params["end"] == true { try streams.write(nil) }
    return [:]
  }

  private func cancel(_ params: JSON, _ connection: Connection) throws(ProtocolError) -> JSON {
    guard let id = RequestID(params["request"]) else {
      throw ProtocolError(.wrongParams, "'request' must be the id of a request")
    }
    return ["cancelled": .bool(cancel(id, of: connection.id))]
  }

  /// Takes a connected socket as another client: who sent it is the owner, or could not have.
  private func adopt(_ descriptors: [Int32]) throws(ProtocolError) -> JSON {
    guard let raw = descriptors.first, descriptors.count == 1 else {
      throw ProtocolError(.wrongParams, "adopt takes one descriptor, a connected socket")
    }
    do throws(Errno) { try desk.adopt(Descriptor(raw).duplicate()) } catch {
      throw ProtocolError(.failed, "cannot take the socket: \(error)")
    }
    return [:]
  }
}
