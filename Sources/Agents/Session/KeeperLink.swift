import Linux
import Sessions

/// The connection to the session's keeper: opened when it is first needed, and again when it ended.
final class KeeperLink {
  typealias Handler = (Result<JSON, ProtocolError>) -> Void

  /// Opens the session; the name is that of the one it was before.
  private let open: (SessionName?) throws -> RunningSession
  private(set) var name: SessionName?
  private var channel: Channel?
  private var waiting: [Int64: Handler] = [:]
  private var commands: [Int64: (String, JSON) -> Void] = [:]
  /// What is asked again when the present keeper has ended.
  private var again: [() -> Void] = []
  /// Notices of commands whose start was not answered yet.
  private var early: [(process: Int64, method: String, params: JSON)] = []
  // The opening has used the first numbers.
  private var nextID: Int64 = 1000
  private var place: Int?

  init(open: @escaping (SessionName?) throws -> RunningSession) { self.open = open }

  /// Asks the keeper; a session that ended meanwhile is opened again.
  @discardableResult
  func ask(_ method: String, _ params: JSON, attempts: Int = 3, then: @escaping Handler) -> Int64 {
    let id = nextID
    nextID += 1
    do throws(ProtocolError) {
      let channel = try connected()
      waiting[id] = { [self] outcome in
        guard case .failure(let error) = outcome, error.code == .ending, attempts > 1 else {
          return then(outcome)
        }
        // It refused before it did anything: another keeper will, once this one has ended.
        again.append { [self] in ask(method, params, attempts: attempts - 1, then: then) }
      }
      let line = Message.request(id: .number(id), method: method, params: params).line
      do throws(Errno) { try channel.post(line) } catch {
        // It was not heard, so it may be asked again.
        waiting[id] = nil
        again.append { [self] in ask(method, params, attempts: attempts - 1, then: then) }
        lose()
      }
    } catch { then(.failure(error)) }
    return id
  }

  /// Takes a request back; its handler hears no more of it.
  func cancel(_ request: Int64) {
    guard waiting.removeValue(forKey: request) != nil else { return }
    waiting[request] = { _ in }
    ask("cancel", ["request": .int(request)]) { _ in }
  }

  /// Hears what the keeper tells of a command.
  func follow(_ process: Int64, _ hear: @escaping (_ method: String, _ params: JSON) -> Void) {
    commands[process] = hear
    let missed = early.filter { $0.process == process }
    early.removeAll { $0.process == process }
    for notice in missed { hear(notice.method, notice.params) }
  }

  func unfollow(_ process: Int64) { commands[process] = nil }

  private func connected() throws(ProtocolError) -> Channel {
    if let channel { return channel }
    do {
      let session = try open(name)
      name = session.name
      let channel = session.client.channel
      try channel.socket.borrowed.setNonBlocking(true)
      self.channel = channel
      return channel
    } catch let error as SessionError {
      throw ProtocolError(.failed, error.description, hint: error.hint)
    } catch { throw ProtocolError(.failed, String(describing: error)) }
  }

  func prepare(_ set: inout PollSet) {
    place = channel.map {
      set.add($0.socket.borrowed, $0.backlog > 0 ? [.readable, .writable] : .readable)
    }
  }

  func advance(_ set: PollSet) {
    guard let place, let channel, !set.events(at: place).isEmpty else { return }
    do throws(Errno) {
      if channel.backlog > 0 { try channel.flush() }
      if try !channel.fill() { return lose() }
    } catch .tryAgain {
      return
    } catch { return lose() }
    do {
      while let line = try channel.nextLine() { hear(try Message(line: line)) }
    } catch { lose() }
  }

  private func hear(_ message: Message) {
    switch message {
    case .result(.number(let id), let result): waiting.removeValue(forKey: id)?(.success(result))
    case .failure(.number(let id)?, let error): waiting.removeValue(forKey: id)?(.failure(error))
    case .notification(let method, let params):
      guard let process = params["process"]?.int else { return }
      if let command = commands[process] {
        command(method, params)
      } else {
        early.append((process, method, params))
      }
    default: break
    }
  }

  /// The keeper is gone; what was asked may have been done or not.
  private func lose() {
    (channel, early) = (nil, [])
    let error = ProtocolError(
      .failed, "the session's keeper ended while it was asked",
      hint: "look with 'status' and 'log' what was done, and call again")
    let (handlers, followers, retries) = (waiting.sorted { $0.key < $1.key }, commands, again)
    (waiting, commands, again) = ([:], [:], [])
    for handler in handlers { handler.value(.failure(error)) }
    for follower in followers.values { follower("lost", error.json) }
    for retry in retries { retry() }
  }
}
