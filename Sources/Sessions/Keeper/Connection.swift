import Linux

/// One client of the keeper.
final class Connection {
  let id: Int
  let channel: Channel
  /// Whether the client has said hello, which must come first.
  var isGreeted = false
  /// Whether the client has said all it had to say; it still hears of its commands' ends.
  var isLeaving = false

  init(id: Int, socket: consuming OwnedDescriptor) throws(Errno) {
    self.id = id
    // A client that does not read must not stop the keeper: what it can't take ends it.
    try socket.borrowed.setNonBlocking(true)
    channel = Channel(socket: socket)
  }

  /// Sends a message; a client that can't take it is gone.
  func send(_ message: Message, descriptors: [Int32] = []) {
    do throws(Errno) { try channel.send(message, descriptors: descriptors) } catch {
      isLeaving = true
    }
  }

  /// Says that no more will be sent.
  func endSending() {
    // A client that is gone needs no goodbye.
    try? channel.socket.borrowed.endSending()
  }
}
