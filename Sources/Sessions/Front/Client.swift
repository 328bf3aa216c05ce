import Linux

/// A connection to a session's keeper, as its clients have it.
package final class Client {
  package let channel: Channel
  private var nextID: Int64 = 1
  /// Notifications that came while an answer was waited for.
  private var notifications: [(method: String, params: JSON)] = []

  init(socket: consuming OwnedDescriptor) { channel = Channel(socket: socket) }

  /// Connects to the keeper of a session; nil when there is none.
  package static func connect(to session: Descriptor) throws -> Client? {
    let socket: OwnedDescriptor
    do throws(Errno) {
      let run = try session.open("run", [.directory, .noFollow, .path])
      socket = try run.borrowed.connect(to: "control")
    } catch .noEntry, .connectionRefused {
      return nil
    } catch { throw SystemError("connect to the session's keeper", nil, error) }
    let client = Client(socket: socket)
    do {
      try client.greet()
      return client
    } catch let error as ProtocolError where error.code == .ending {
      return nil
    }
  }

  /// Says which version is spoken; the other end being gone means the keeper is ending.
  func greet() throws {
    let answer = try call("hello", ["version": .int(Wire.version), "client": "cowbox"]).result
    guard answer["version"]?.int == Wire.version else {
      throw SessionError(
        "the session's keeper speaks another version of the control protocol",
        hint: "it was started by another cowbox; wait for its commands to end")
    }
  }

  /// Asks and waits for the answer; the descriptors of the answer are the caller's to close.
  @discardableResult
  package func call(_ method: String, _ params: JSON = .object([]), descriptors: [Int32] = [])
    throws -> (result: JSON, descriptors: [Int32])
  {
    let id = nextID
    nextID += 1
    // A keeper that ended may have said why before; that is read below.
    try? channel.send(
      .request(id: .number(id), method: method, params: params), descriptors: descriptors)
    while true {
      guard let message = try nextMessage() else { throw Self.ended }
      switch message {
      case .result(.number(id), let result):
        return (result, channel.takeDescriptors(message.descriptorCount) ?? [])
      case .failure(_, let error): throw error
      case .notification(let method, let params): notifications.append((method, params))
      case .result, .request: continue
      }
    }
  }

  static let ended = ProtocolError(.ending, "the session's keeper ended")

  /// Waits for the next message; nil when the keeper is gone.
  private func nextMessage() throws -> Message? {
    while true {
      if let line = try channel.nextLine() { return try Message(line: line) }
      do throws(Errno) { guard try channel.fill() else { return nil } } catch { return nil }
    }
  }

  /// Takes what has come; false when the keeper is gone.
  func receive() throws -> Bool {
    let isOpen: Bool
    do throws(Errno) { isOpen = try channel.fill() } catch { isOpen = false }
    return isOpen
  }

  /// The next notification that has come, perhaps in one piece with an answer.
  func nextNotification() throws -> (method: String, params: JSON)? {
    while let line = try channel.nextLine() {
      if case .notification(let method, let params) = try Message(line: line) {
        notifications.append((method, params))
      }
    }
    return notifications.isEmpty ? nil : notifications.removeFirst()
  }

  /// Sends a request whose answer nobody waits for.
  func post(_ method: String, _ params: JSON) {
    let id = nextID
    nextID += 1
    // A keeper that is gone is seen where its messages are read.
    try? channel.send(.request(id: .number(id), method: method, params: params))
  }

  /// Says goodbye and waits until the keeper has let go; a last client's keeper has ended then.
  package func leave() {
    // Either fails only where the keeper is gone already.
    try? channel.socket.borrowed.endSending()
    while true {
      do throws(Errno) { guard try channel.fill() else { return } } catch { return }
    }
  }
}
