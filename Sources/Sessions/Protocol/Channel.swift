import Linux

/// One end of a control connection: messages by line, descriptors beside them.
final class Channel {
  let socket: OwnedDescriptor
  private var received: [UInt8] = []
  private var descriptors: [Int32] = []
  private(set) var isOver = false

  /// A longer line is refused: nothing we say comes near it.
  static let longestLine = 16 << 20
  /// What may wait for a message to claim it.
  private static let mostDescriptors = 64

  init(socket: consuming OwnedDescriptor) { self.socket = socket }

  deinit { closeDescriptors() }

  private func closeDescriptors() {
    for raw in descriptors { _ = OwnedDescriptor(owning: raw) }
    descriptors = []
  }

  /// Sends one message; the other end being gone is EPIPE.
  func send(_ message: Message, descriptors: [Int32] = []) throws(Errno) {
    var line: [UInt8] = []
    message.json.write(to: &line, indent: nil)
    line.append(UInt8(ascii: "\n"))
    try socket.borrowed.send(line, descriptors: descriptors)
  }

  /// Reads what has come, once; false when the other end is gone.
  func fill() throws(Errno) -> Bool {
    let message = try socket.borrowed.receive()
    descriptors += message.descriptors
    if message.bytes.isEmpty || descriptors.count > Self.mostDescriptors {
      isOver = true
      return false
    }
    received += message.bytes
    return true
  }

  /// The next whole line that has come, without its end.
  func nextLine() throws(ProtocolError) -> [UInt8]? {
    guard let end = received.firstIndex(of: UInt8(ascii: "\n")) else {
      if received.count > Self.longestLine {
        throw ProtocolError(.notRequest, "a line is longer than 16 MiB")
      }
      return nil
    }
    let line = Array(received[..<end])
    received.removeFirst(end + 1)
    return line
  }

  /// The descriptors that belong to a message; nil when fewer have come than it says.
  func takeDescriptors(_ count: Int) -> [Int32]? {
    guard count >= 0, count <= descriptors.count else { return nil }
    defer { descriptors.removeFirst(count) }
    return Array(descriptors.prefix(count))
  }
}
