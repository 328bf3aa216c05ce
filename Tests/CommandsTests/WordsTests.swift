import Linux
import Profiles
import Testing

@testable import Commands

@Suite struct WordsTests {
  @Test(arguments: [
    ("dif", "diff"), ("aply", "apply"), ("hlep", "help"), ("statsu", "status"), ("li", "list"),
  ])
  func `a mistyped word finds the one that was meant`(word: String, meant: String) {
    let words = ["diff", "apply", "help", "status", "list", "discard", "version"]
    #expect(Nearest.to(word, among: words) == meant)
  }

  @Test func `a word that is near to none finds none`() {
    #expect(Nearest.to("frobnicate", among: ["diff", "apply", "help"]) == nil)
  }

  @Test(arguments: [
    ("plain", "plain"), ("two words", "'two words'"), ("it's", "'it'\\''s'"), ("", "''"),
    ("a\u{1B}b", "'a\\033b'"),
  ])
  func `a word is shown as a shell reads it`(word: String, shown: String) {
    #expect(Words.quoted(ByteString(word)) == shown)
  }

  @Test(arguments: [
    (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB"),
    (1 << 40, "1.0 TiB"),
  ])
  func `sizes are read at a glance`(bytes: Int64, shown: String) {
    #expect(Amounts.size(bytes) == shown)
  }
}
