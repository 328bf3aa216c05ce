import Linux
import Testing

@testable import Sessions

@Suite struct JSONTests {
  @Test(arguments: [
    #"null"#, #"true"#, #"[]"#, #"{}"#, #"-12"#, #"1.5"#, #""a\"b\\c\nd""#, #"[1,[2,{"a":null}]]"#,
    #"{"a":"\u0001"}"#,
  ])
  func `what is read is written the same`(text: String) throws {
    #expect(try JSONReader.read(text.utf8).text == text)
  }

  @Test(arguments: [
    "", "nul", "[1,", "[1 2]", "{\"a\"}", "{a:1}", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "+1",
    "1 1",
    "\"a\nb\"", "01x", String(repeating: "[", count: 1000),
  ])
  func `what is no JSON is refused`(text: String) {
    #expect(throws: JSONError.self) { try JSONReader.read(text.utf8) }
  }

  @Test func `characters beyond the first plane come as two escapes`() throws {
    #expect(try JSONReader.read(#""\ud83d\ude00""#.utf8).string == "\u{1F600}")
  }

  @Test(arguments: [[], [0xFF], [0, 1, 2, 0xFE], Array("plain".utf8), [0xC3, 0x28, 0x41, 0x42]])
  func `bytes of any kind survive`(bytes: [UInt8]) throws {
    let value = JSON(ByteString(bytes))
    #expect(try JSONReader.read(value.text.utf8).byteString == ByteString(bytes))
  }
}
