import Glibc
import Linux
import Sessions

/// `cowbox connect`: a session's control protocol on standard input and output.
enum ConnectCommand {
  static let verb = Verb(
    "connect", .care, "speak a session's control protocol on standard input",
    options: [Option("new", "begin another session, whatever there is")] + WallOptions.all,
    details: """
      Programs that drive a session begin with it: it opens the project's session, or makes one, and
      its standard input is then a connection to the session's keeper. Where that is a socket, the
      keeper takes it over and this command ends at once; else it relays until either side ends.
      cowbox-protocol(7) says what is spoken.
      """
  ) { invocation in
    do { return try connect(invocation) } catch {
      refuse(error)
      throw error
    }
  }

  private static func connect(_ invocation: Invocation) throws -> Int32 {
    let project = try invocation.project()
    let walls = try WallOptions.walls(for: invocation, project: project)
    let opening = invocation.opening(of: project, behind: walls)
    let session = try opening.open(RunCommand.choice(for: invocation))
    if try isSocket {
      try session.client.call("adopt", ["descriptors": 1], descriptors: [0])
      session.client.leave()
    } else {
      try Relay(input: .standardInput, output: .standardOutput, client: session.client).run()
    }
    return ExitCode.done
  }

  private static var isSocket: Bool {
    get throws {
      try attempt("look at standard input") { () throws(Errno) in
        try Descriptor.standardInput.status().kind == .socket
      }
    }
  }

  /// Tells a program at the other end of the socket why there is no session.
  private static func refuse(_ error: any Error) {
    let failure = Failure(error)
    let code: ProtocolError.Code = failure.code == ExitCode.noWall ? .noWall : .failed
    let message = Message.failure(
      id: nil, ProtocolError(code, failure.sentence, hint: failure.hint, exit: failure.code))
    // A program that is gone needs no answer, and a person reads standard error.
    if (try? isSocket) == true { try? Descriptor.standardInput.send(message.line) }
  }
}

/// Bytes to and fro between standard streams and a keeper, as each takes them.
private struct Relay {
  let input: Descriptor
  let output: Descriptor
  let client: Client

  /// What waits to be written in one direction, at most.
  private static let most = 1 << 20

  func run() throws {
    let socket = client.channel.socket.borrowed
    try socket.setNonBlocking(true)
    var (toKeeper, toOutput): ([UInt8], [UInt8]) = ([], [])
    var (inputIsOpen, keeperIsOpen) = (true, true)
    while keeperIsOpen || !toOutput.isEmpty {
      var set = PollSet()
      let inputPlace = inputIsOpen && toKeeper.count < Self.most ? set.add(input) : nil
      let outputPlace = set.add(output, toOutput.isEmpty ? [] : .writable)
      var events: PollEvents = toKeeper.isEmpty ? [] : .writable
      if toOutput.count < Self.most { events.insert(.readable) }
      let socketPlace = keeperIsOpen ? set.add(socket, events) : nil
      _ = try set.wait()
      if let inputPlace, !set.events(at: inputPlace).isEmpty {
        let bytes = try input.read(byteCount: 1 << 16)
        if bytes.isEmpty { inputIsOpen = false }
        toKeeper += bytes
      }
      if let socketPlace, !set.events(at: socketPlace).isDisjoint(with: [.readable, .over]) {
        let bytes = try socket.receive().bytes
        if bytes.isEmpty { keeperIsOpen = false }
        toOutput += bytes
      }
      if !set.events(at: outputPlace).isDisjoint(with: .over) { return }
      if set.events(at: outputPlace).contains(.writable) {
        // What poll(2) calls writable takes so much at once.
        toOutput.removeFirst(try output.writeSome(toOutput.prefix(4096)))
      }
      if keeperIsOpen { try send(&toKeeper, socket) }
      if !inputIsOpen, toKeeper.isEmpty {
        // The other end having gone first is no failure.
        try? socket.endSending()
      }
    }
  }

  private func send(_ bytes: inout [UInt8], _ socket: Descriptor) throws(Errno) {
    while !bytes.isEmpty {
      do throws(Errno) { bytes.removeFirst(try socket.sendSome(bytes[...])) } catch .tryAgain {
        return
      }
    }
  }
}
