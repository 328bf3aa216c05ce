import Testing

@testable import Linux

@Suite struct HashTests {
  @Test func `SHA-256 of abc is what FIPS 180-4 says`() {
    let digest = SHA256.digest(Array("abc".utf8)).map { String($0, radix: 16) }.joined()
    #expect(digest.hasPrefix("ba7816bf8f1cfea"))
    let long = SHA256.digest([UInt8](repeating: 97, count: 119))
    var pieces = SHA256()
    for _ in 0..<119 { pieces.update([97]) }
    #expect(pieces.finish() == long)
  }
}
