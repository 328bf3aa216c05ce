import Linux
import Profiles
import Testing

@testable import Sandbox

/// What the proxy of a box understands, and what it lets through.
@Suite struct ProxyTests {
  private func rules(_ names: String...) -> ProxyRules {
    ProxyRules(names: names.compactMap(NetworkName.init))
  }

  private func decide(
    _ rules: ProxyRules, _ host: String, _ port: UInt16, leadsTo bytes: [UInt8]
  ) -> ProxyRules.Refusal? {
    do {
      _ = try rules.addresses(host: host, port: port) { _, port in
        [InternetAddress(bytes: bytes, port: port)]
      }
      return nil
    } catch { return error }
  }

  @Test func `a name passes with its port and nothing else`() {
    let rules = rules("example.org:443", "*.example.com")
    let somewhere: [UInt8] = [93, 184, 216, 34]
    #expect(decide(rules, "example.org", 443, leadsTo: somewhere) == nil)
    #expect(decide(rules, "EXAMPLE.ORG.", 443, leadsTo: somewhere) == nil)
    #expect(decide(rules, "a.example.com", 80, leadsTo: somewhere) == nil)
    #expect(decide(rules, "example.org", 80, leadsTo: somewhere) == .notAllowed)
    #expect(decide(rules, "example.org.evil.net", 443, leadsTo: somewhere) == .notAllowed)
    #expect(decide(rules, "93.184.216.34", 443, leadsTo: somewhere) == .notAllowed)
    #expect(decide(rules, "2606:2800::1", 443, leadsTo: somewhere) == .notAllowed)
  }

  @Test(
    arguments: [
      [127, 0, 0, 1], [10, 0, 0, 1], [172, 16, 0, 1], [172, 31, 255, 255], [192, 168, 1, 1],
      [169, 254, 169, 254], [100, 64, 0, 1], [0, 0, 0, 0], [224, 0, 0, 1], [255, 255, 255, 255],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [UInt8](repeating: 0, count: 16),
      [0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      [0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1],
      [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1],
      [0x20, 0x02, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ] as [[UInt8]])
  func `a name that leads to a machine of one's own is refused`(bytes: [UInt8]) {
    #expect(decide(rules("*.example.org"), "x.example.org", 443, leadsTo: bytes) == .notPublic)
    #expect(decide(rules("example.org"), "example.org", 443, leadsTo: bytes) == .notPublic)
  }

  @Test func `an address passes where it is named itself`() {
    #expect(decide(rules("10.1.2.3:8080"), "10.1.2.3", 8080, leadsTo: [10, 1, 2, 3]) == nil)
  }

  @Test func `a name is resolved once, and what was looked at is connected to`() throws {
    var asked = 0
    let answers: [[UInt8]] = [[93, 184, 216, 34], [127, 0, 0, 1]]
    let found = try rules("example.org").addresses(host: "example.org", port: 443) { _, port in
      defer { asked += 1 }
      return [InternetAddress(bytes: answers[asked], port: port)]
    }
    #expect(asked == 1 && found.map(\.bytes) == [answers[0]])
  }

  @Test func `an HTTP request is understood`() throws {
    let tunnel = try #require(
      ProxyRequest(http: Array("CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n".utf8)))
    #expect(tunnel.host == "example.org" && tunnel.port == 443 && tunnel.first.isEmpty)
    let plain = try #require(
      ProxyRequest(http: Array("GET http://example.org/a?b HTTP/1.1\r\nHost: y\r\n\r\n".utf8)))
    #expect(plain.host == "example.org" && plain.port == 80)
    #expect(String(decoding: plain.first, as: UTF8.self) == "GET /a?b HTTP/1.1\r\nHost: y\r\n\r\n")
    for text in [
      "CONNECT example.org HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "nonsense\r\n\r\n",
      "GET http://user@example.org/ HTTP/1.1\r\n\r\n", "CONNECT [::1]:443 HTTP/1.1\r\n\r\n",
    ] {
      #expect(ProxyRequest(http: Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test func `a SOCKS request is understood`() throws {
    let name = Array("example.org".utf8)
    let bytes = [5, 1, 0, 3, UInt8(name.count)] + name + [1, 187]
    #expect(ProxyRequest.socksLength(bytes) == bytes.count)
    let request = try #require(ProxyRequest(socks: bytes))
    #expect(request.host == "example.org" && request.port == 443)
    #expect(ProxyRequest(socks: [5, 1, 0, 1, 10, 0, 0, 1, 0, 80])?.host == "10.0.0.1")
    #expect(ProxyRequest(socks: [5, 2, 0, 1, 10, 0, 0, 1, 0, 80]) == nil)
  }
}
