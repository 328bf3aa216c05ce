import Linux

/// One connection of a program to the proxy.
final class ProxyConversation {
  private let client: Descriptor
  /// What came behind the request and is the server's.
  private(set) var rest: [UInt8] = []

  init(client: Descriptor) { self.client = client }

  /// Hears what is asked for; nil where it is no request, or does not come in time.
  func request() throws(Errno) -> ProxyRequest? {
    guard let start = try more(), let first = start.first else { return nil }
    return first == 5 ? try socks(start) : try http(start)
  }

  private func http(_ start: [UInt8]) throws(Errno) -> ProxyRequest? {
    var bytes = start
    while bytes.count < 1 << 16 {
      if let end = Self.endOfHead(bytes) {
        rest = Array(bytes[end...])
        return ProxyRequest(http: Array(bytes[..<end]))
      }
      guard let part = try more() else { return nil }
      bytes += part
    }
    return nil
  }

  private func socks(_ start: [UInt8]) throws(Errno) -> ProxyRequest? {
    var bytes = start
    while bytes.count < 2 || bytes.count < 2 + Int(bytes[1]) {
      guard let part = try more() else { return nil }
      bytes += part
    }
    bytes.removeFirst(2 + Int(bytes[1]))
    // No authentication: whoever is in the box may ask.
    try client.write([5, 0])
    while true {
      if let length = ProxyRequest.socksLength(bytes), bytes.count >= length {
        rest = Array(bytes[length...])
        return ProxyRequest(socks: Array(bytes[..<length]))
      }
      guard let part = try more() else { return nil }
      bytes += part
    }
  }

  /// More of the request; nil at the end, or when nothing comes for half a minute.
  private func more() throws(Errno) -> [UInt8]? {
    var waiting = PollSet()
    waiting.add(client)
    guard try waiting.wait(milliseconds: 30_000) else { return nil }
    let bytes = try client.read(byteCount: 1 << 14)
    return bytes.isEmpty ? nil : bytes
  }

  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    let mark: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    guard bytes.count >= 4 else { return nil }
    return (0...bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual(mark) }.map { $0 + 4 }
  }
}
