import Linux

/// One client of the keeper.
final class Connection {
  let id: Int
  let channel: Channel
  /// Whether the client has said hello, which must come first.
  var isGreeted = false
  /// Whether the client has said all it had to say; it still hears of its commands' ends.
  var isLeaving = false
  /// Whether nothing can be said to the client any more.
  private(set) var isGone = false
  /// How many of its requests are answered later.
  fileprivate(set) var awaited = 0

  /// A client that lets so much wait gets no more output of its commands until it reads.
  static let patientBacklog = 1 << 20
  /// A client that lets so much wait asks for nothing more until it reads.
  private static let busyBacklog = 8 << 20
  /// A client that lets so much wait is gone.
  private static let mostBacklog = 256 << 20

  init(id: Int, socket: consuming OwnedDescriptor) throws(Errno) {
    self.id = id
    // A client that does not read must not stop the keeper.
    try socket.borrowed.setNonBlocking(true)
    channel = Channel(socket: socket)
  }

  /// Whether there is nothing left to hear or to say.
  var isDone: Bool { isGone || (isLeaving && awaited == 0 && channel.backlog == 0) }

  /// What is waited for.
  var events: PollEvents {
    var events: PollEvents = []
    if !isLeaving, channel.backlog < Self.busyBacklog { events.insert(.readable) }
    if channel.backlog > 0 { events.insert(.writable) }
    return events
  }

  /// Whether the client takes more of what its commands write.
  var takesOutput: Bool { !isGone && channel.backlog < Self.patientBacklog }

  /// Sends a message; the descriptors are the connection's from here on.
  func send(_ message: Message, descriptors: [Int32] = []) {
    send(line: message.line, descriptors: descriptors)
  }

  /// Sends a line that ends with its line end.
  func send(line: [UInt8], descriptors: [Int32] = []) {
    do throws(Errno) {
      try channel.post(line, descriptors: descriptors)
      if channel.backlog > Self.mostBacklog { isGone = true }
    } catch {
      isGone = true
    }
  }

  /// Sends what waits, as far as the client takes it.
  func flush() { do throws(Errno) { try channel.flush() } catch { isGone = true } }

  /// Takes what has come; the end of the stream is a goodbye.
  func fill() {
    do throws(Errno) {
      if try !channel.fill() { isLeaving = true }
    } catch .tryAgain {
      return
    } catch {
      isGone = true
    }
  }

  /// Takes what has come, and nothing any more.
  func takeLast() {
    // A client that is gone has said all.
    try? channel.socket.borrowed.endReceiving()
    while !isLeaving, !isGone { fill() }
  }

  /// Says that no more will be sent.
  func endSending() {
    // A client that is gone needs no goodbye.
    try? channel.socket.borrowed.endSending()
  }

  /// Says that the client can't hear us any more.
  func giveUp() { isGone = true }
}

/// Who asked for something that is answered later; every one is answered exactly once.
struct Asker {
  let connection: Connection
  let id: RequestID

  /// Promises an answer.
  func promise() { connection.awaited += 1 }

  /// Keeps the promise.
  func answer(_ result: JSON) { keep(.result(id: id, result)) }

  /// Keeps the promise with a refusal.
  func refuse(_ error: ProtocolError) { keep(.failure(id: id, error)) }

  /// Keeps the promise with the rest of a response that somebody else has written.
  func answer(body: some Sequence<UInt8>) {
    connection.awaited -= 1
    var line = Array("{\"jsonrpc\":\"2.0\",\"id\":".utf8)
    id.json.write(to: &line)
    line.append(UInt8(ascii: ","))
    line += body
    line += "}\n".utf8
    connection.send(line: line)
  }

  private func keep(_ message: Message) {
    connection.awaited -= 1
    connection.send(message)
  }
}
