import Linux
import Messages

/// A connection to a session's keeper: one thread reads it, anybody may ask.
final class Connection: Sendable {
  typealias Answer = Result<JSON, CowboxError>

  /// What is shared between those who ask and the thread that reads.
  private struct State {
    var nextID: Int64 = 1
    var waiting: [Int64: @Sendable (Answer) -> Void] = [:]
    var processes: [Int64: @Sendable (String, JSON) -> Void] = [:]
    /// Notices of commands that nobody follows yet.
    var early: [Int64: [(String, JSON)]] = [:]
    var refusal: CowboxError?
    var isClosed = false
    var whenClosed: [@Sendable () -> Void] = []
  }

  private let socket: OwnedDescriptor
  private let lock = Lock()
  /// Held while a line is sent, which may take until what was answered is read.
  private let sending = Lock()
  // Invariant: read and written under `lock` only.
  nonisolated(unsafe) private var state = State()

  /// Takes a connected socket, and starts to read it.
  init(socket: consuming OwnedDescriptor) throws(Errno) {
    self.socket = socket
    _ = try Thread.start { [self] in read() }
  }

  var isClosed: Bool { lock.with { state.isClosed } }

  /// Asks, and calls back with the answer, once, on the thread that reads.
  @discardableResult
  func ask(_ method: String, _ params: JSON, then: @escaping @Sendable (Answer) -> Void) -> Int64 {
    let id = lock.with { () -> Int64? in
      if state.isClosed { return nil }
      defer { state.nextID += 1 }
      state.waiting[state.nextID] = then
      return state.nextID
    }
    guard let id else {
      then(.failure(lock.with { state.refusal } ?? .lost))
      return 0
    }
    let line = Message.request(id: .number(id), method: method, params: params).line
    let isSent = sending.with { (try? socket.borrowed.send(line)) != nil }
    // The keeper has not heard it, and will hear nothing any more.
    if !isSent { lock.with { state.waiting.removeValue(forKey: id) }?(.failure(.unheard)) }
    return id
  }

  /// Asks and waits for the answer; a task that is cancelled takes the request back.
  func ask(_ method: String, _ params: JSON) async throws -> JSON {
    let request = Request()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let id = ask(method, params) { answer in continuation.resume(with: answer) }
        if request.sent(as: id) { takeBack(id) }
      }
    } onCancel: {
      if let id = request.cancel() { takeBack(id) }
    }
  }

  private func takeBack(_ id: Int64) {
    // What can't be taken back any more is answered.
    ask("cancel", ["request": .int(id)]) { _ in }
  }

  /// Hears of a command's output and end; "lost" when the keeper went first.
  func follow(_ process: Int64, _ hear: @escaping @Sendable (String, JSON) -> Void) {
    let (early, isClosed) = lock.with { () -> ([(String, JSON)], Bool) in
      state.processes[process] = hear
      return (state.early.removeValue(forKey: process) ?? [], state.isClosed)
    }
    for (method, params) in early { hear(method, params) }
    if isClosed { hear("lost", .null) }
  }

  func unfollow(_ process: Int64) { lock.with { state.processes[process] = nil } }

  /// Calls back once the keeper has closed the connection.
  func whenClosed(_ act: @escaping @Sendable () -> Void) {
    let isClosed = lock.with { () -> Bool in
      if !state.isClosed { state.whenClosed.append(act) }
      return state.isClosed
    }
    if isClosed { act() }
  }

  /// Says that nothing more will be asked; the keeper then closes the connection.
  func leave() {
    // A keeper that is gone needs no goodbye.
    try? socket.borrowed.endSending()
  }

  private func read() {
    var received = LineBuffer(longest: Channel.longestLine)
    while let message = try? socket.borrowed.receive(limit: 1 << 18), !message.bytes.isEmpty {
      received.append(message.bytes)
      do {
        while let line = try received.next() { hear(try Message(line: line)) }
      } catch { break }
    }
    close()
  }

  private func hear(_ message: Message) {
    switch message {
    case .result(.number(let id), let result):
      lock.with { state.waiting.removeValue(forKey: id) }?(.success(result))
    case .failure(.number(let id)?, let error):
      lock.with { state.waiting.removeValue(forKey: id) }?(.failure(CowboxError(error)))
    case .failure(nil, let error): lock.with { state.refusal = CowboxError(error) }
    case .notification(let method, let params):
      guard let process = params["process"]?.int else { return }
      let hear = lock.with { () -> (@Sendable (String, JSON) -> Void)? in
        if let hear = state.processes[process] { return hear }
        state.early[process, default: []].append((method, params))
        return nil
      }
      hear?(method, params)
    default: break
    }
  }

  private func close() {
    let last = lock.with { () -> State in
      state.isClosed = true
      defer { (state.waiting, state.processes, state.whenClosed) = ([:], [:], []) }
      return state
    }
    for handler in last.waiting.values { handler(.failure(last.refusal ?? .lost)) }
    for handler in last.processes.values { handler("lost", .null) }
    for act in last.whenClosed { act() }
  }
}

/// A request between its sending and its cancellation, whichever comes first.
private final class Request: Sendable {
  private let lock = Lock()
  // Invariant: read and written under `lock` only.
  nonisolated(unsafe) private var id: Int64?
  nonisolated(unsafe) private var isCancelled = false

  /// Notes the number; true when it was cancelled before it had one.
  func sent(as id: Int64) -> Bool {
    lock.with {
      self.id = id
      return isCancelled
    }
  }

  /// Notes the cancellation; the number to take back, if there is one.
  func cancel() -> Int64? {
    lock.with {
      isCancelled = true
      return id
    }
  }
}
