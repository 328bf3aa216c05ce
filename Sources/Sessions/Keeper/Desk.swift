import Linux

/// Where the clients of a served session come in: the control socket and those connected to it.
final class Desk {
  private let listener: OwnedDescriptor
  private let run: OwnedDescriptor
  private var connections: [Int: Connection] = [:]
  private var nextConnection = 1
  /// The client that left last; it sees the end of the stream when this process has ended.
  private var parting: Connection?

  /// The places of a poll set that belong to the desk.
  struct Watched {
    fileprivate let listener: Int
    fileprivate let connections: [(Connection, Int)]
  }

  /// Listens in a session's directory; a socket that a killed keeper left behind is replaced.
  init(session: Descriptor) throws(Errno) {
    run = try session.open("run", [.directory, .path])
    do throws(Errno) { try run.borrowed.remove("control") } catch .noEntry {
      // No keeper was killed here before.
    }
    listener = try run.borrowed.listen(at: "control")
  }

  var isEmpty: Bool { connections.isEmpty }

  /// The client with that number, while it is there.
  subscript(id: Int) -> Connection? { connections[id] }

  /// Takes a client that is connected.
  func adopt(_ socket: consuming OwnedDescriptor) throws(Errno) {
    connections[nextConnection] = try Connection(id: nextConnection, socket: socket)
    nextConnection += 1
  }

  /// Adds the socket and all clients to what is waited for.
  func watch(in set: inout PollSet) -> Watched {
    Watched(
      listener: set.add(listener.borrowed),
      connections: connections.values.map {
        ($0, set.add($0.channel.socket.borrowed, $0.events))
      })
  }

  /// Takes who came, and hears those who said something.
  func serve(_ watched: Watched, _ set: PollSet, answer: (Connection) -> Void) {
    if !set.events(at: watched.listener).isEmpty { acceptClient() }
    for (connection, place) in watched.connections {
      let events = set.events(at: place)
      if events.contains(.writable) { connection.flush() }
      if events.contains(.readable) {
        connection.fill()
        answer(connection)
      } else if !events.isDisjoint(with: .over) {
        // Both directions are closed: nobody reads what is still to be said.
        connection.giveUp()
      }
    }
  }

  /// The clients that have said all they had to say, and may still hear.
  var leaving: [Connection] { connections.values.filter(\.isLeaving) }

  /// How many clients there are.
  var count: Int { connections.count }

  /// Lets clients go that have said all; `whenGone` is called for each.
  ///
  /// Where the server ends with its last client, that one hears of the end.
  func dismissLeaving(endsWithLast: Bool, _ whenGone: (Connection) -> Void = { _ in }) {
    for connection in connections.values where connection.isDone {
      connections[connection.id] = nil
      parting = endsWithLast && connections.isEmpty ? connection : nil
      whenGone(connection)
    }
  }

  /// From here on, who looks for the keeper finds nobody and waits for the session's lock.
  func close() {
    // Gone already is as good.
    try? run.borrowed.remove("control")
  }

  /// Lets the last client see that the session is at rest.
  ///
  /// What others have asked meanwhile is refused, not left unheard; what they ask from here on
  /// fails where they send it. So each knows whether it has to ask again.
  func sayGoodbye(refuse: (Connection) -> Void = { _ in }) {
    for connection in connections.values {
      connection.takeLast()
      refuse(connection)
    }
    for connection in connections.values { connection.endSending() }
    parting?.endSending()
  }

  /// Takes the next client; one of another user is closed and sees the end of the stream.
  private func acceptClient() {
    do throws(Errno) {
      let socket = try listener.borrowed.acceptConnection()
      if try socket.borrowed.peerUser() == Process.user { try adopt(socket) }
    } catch {
      // Nobody wants to connect any more, or there is no descriptor left for who does.
      return
    }
  }
}
