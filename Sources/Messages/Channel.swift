import Linux

/// One end of a control connection: messages by line, descriptors beside them.
package final class Channel {
  package let socket: OwnedDescriptor
  private var received = LineBuffer(longest: Channel.longestLine)
  private var descriptors: [Int32] = []
  private var waiting: [Parcel] = []
  /// How many bytes wait until the other end takes them.
  package private(set) var backlog = 0

  /// A longer line is refused: who has more to say says it in parts.
  package static let longestLine = 64 << 20
  /// What may wait for a message to claim it.
  private static let mostDescriptors = 64

  /// A channel over a connected socket.
  package init(socket: consuming OwnedDescriptor) { self.socket = socket }

  deinit {
    Self.close(descriptors)
    for parcel in waiting { Self.close(parcel.descriptors) }
  }

  private static func close(_ descriptors: [Int32]) {
    for raw in descriptors { _ = OwnedDescriptor(owning: raw) }
  }

  /// Sends one message and waits until it is taken; the other end being gone is EPIPE.
  package func send(_ message: Message, descriptors: [Int32] = []) throws(Errno) {
    try socket.borrowed.send(message.line, descriptors: descriptors)
  }

  /// Reads what has come, once; false when the other end is gone.
  package func fill() throws(Errno) -> Bool {
    let message = try socket.borrowed.receive()
    descriptors += message.descriptors
    if message.bytes.isEmpty || descriptors.count > Self.mostDescriptors { return false }
    received.append(message.bytes)
    return true
  }

  /// The next whole line that has come, without its end.
  package func nextLine() throws(ProtocolError) -> ArraySlice<UInt8>? { try received.next() }

  /// The descriptors that belong to a message; nil when fewer have come than it says.
  package func takeDescriptors(_ count: Int) -> [Int32]? {
    guard count >= 0, count <= descriptors.count else { return nil }
    defer { descriptors.removeFirst(count) }
    return Array(descriptors.prefix(count))
  }
}

// For who may not wait.
extension Channel {
  /// A line on its way, with the descriptors that go beside its first byte.
  private struct Parcel {
    let bytes: [UInt8]
    var sent = 0
    var descriptors: [Int32]
  }

  /// Sends a line, or as much as the other end takes now; the rest waits for `flush()`.
  ///
  /// The descriptors are the channel's from here on.
  package func post(_ line: [UInt8], descriptors: [Int32] = []) throws(Errno) {
    waiting.append(Parcel(bytes: line, descriptors: descriptors))
    backlog += line.count
    if waiting.count == 1 { try flush() }
  }

  /// Sends what waits, as far as the other end takes it.
  package func flush() throws(Errno) {
    var done = 0
    defer { waiting.removeFirst(done) }
    while done < waiting.count {
      guard try send(&waiting[done]) else { return }
      done += 1
    }
  }

  /// Sends the rest of a parcel; false when the other end takes no more for now.
  private func send(_ parcel: inout Parcel) throws(Errno) -> Bool {
    while parcel.sent < parcel.bytes.count {
      let count: Int
      do throws(Errno) {
        count = try socket.borrowed.sendSome(
          parcel.bytes[parcel.sent...], descriptors: parcel.descriptors)
      } catch .tryAgain {
        return false
      }
      Self.close(parcel.descriptors)
      parcel.descriptors = []
      parcel.sent += count
      backlog -= count
    }
    return true
  }
}
