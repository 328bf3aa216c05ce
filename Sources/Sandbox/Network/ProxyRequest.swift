/// What a program asks the proxy for, in HTTP or in SOCKS 5.
struct ProxyRequest: Equatable {
  let host: String
  let port: UInt16
  /// What is sent on to the server before everything else.
  let first: [UInt8]
  /// What is answered once the connection stands.
  let accepted: [UInt8]
  /// What is answered where it may not, or can't be made.
  let refused: [UInt8]

  /// Reads the head of an HTTP request, up to and with its empty line; nil where it is none.
  init?(http head: [UInt8]) {
    let end = head.firstIndex(of: 0x0D) ?? head.endIndex
    let words = String(decoding: head[..<end], as: UTF8.self).split(separator: " ")
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return nil }
    let refused = Array(
      "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
    if words[0] == "CONNECT" {
      guard let (host, port) = Self.authority(words[1], usually: nil) else { return nil }
      self.init(
        host: host, port: port, first: [],
        accepted: Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8), refused: refused)
      return
    }
    // A request for a whole address: the server gets its path only.
    guard words[1].hasPrefix("http://") else { return nil }
    let rest = words[1].dropFirst(7)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    guard let (host, port) = Self.authority(rest[..<slash], usually: 80) else { return nil }
    let path = slash == rest.endIndex ? "/" : rest[slash...]
    let line = Array("\(words[0]) \(path) \(words[2])".utf8)
    self.init(host: host, port: port, first: line + head[end...], accepted: [], refused: refused)
  }

  /// Reads a CONNECT of SOCKS 5, RFC 1928; nil where it is none.
  init?(socks bytes: [UInt8]) {
    guard bytes.count >= 7, bytes[0] == 5, bytes[1] == 1 else { return nil }
    let port = UInt16(bytes[bytes.count - 2]) << 8 | UInt16(bytes[bytes.count - 1])
    let host: String
    switch (bytes[3], bytes.count) {
    case (1, 10): host = bytes[4..<8].map(String.init).joined(separator: ".")
    case (3, 7 + Int(bytes[4])):
      host = String(decoding: bytes[5..<5 + Int(bytes[4])], as: UTF8.self)
    default: return nil
    }
    let tail: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0]
    self.init(
      host: host, port: port, first: [], accepted: [5, 0] + tail, refused: [5, 2] + tail)
  }

  /// How many bytes a SOCKS request has, once enough of it is there to know.
  static func socksLength(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 5 else { return nil }
    return switch bytes[3] {
    case 1: 10
    case 3: 7 + Int(bytes[4])
    case 4: 22
    default: 5
    }
  }

  private init(host: String, port: UInt16, first: [UInt8], accepted: [UInt8], refused: [UInt8]) {
    (self.host, self.port, self.first) = (host, port, first)
    (self.accepted, self.refused) = (accepted, refused)
  }

  private static func authority(_ text: Substring, usually: UInt16?) -> (String, UInt16)? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let host = parts.first, !host.isEmpty, !host.contains("@"), parts.count <= 2 else {
      return nil
    }
    guard let port = parts.count == 2 ? UInt16(parts[1]) : usually, port > 0 else { return nil }
    return (String(host), port)
  }
}
