import Harness
import Linux
import Rehearsal
import Store
import Testing

@testable import Changes

/// What is in the page of `diff --html`; how it behaves is tried by `make pages`.
@Suite struct PageTests {
  private func page(_ session: Rehearsal) throws -> String {
    let reader = try session.reader()
    let plan = try Plan(reader: reader, root: session.root, lower: session.lower)
    let contents = ContentReader(reader: reader, lower: LowerTree(session.lower))
    var bytes: [UInt8] = []
    let sink = TextSink { bytes += $0 }
    try HTMLPage(plan, contents, title: "a <b> & \"c\"")
      .write(plan.files(contents, finding: RenameSearch()).files, notes: ["folded"], to: sink)
    try sink.finish()
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `content can't leave its place, and nothing is loaded from elsewhere`() throws {
    let session = try Rehearsal("echo x > a; mkdir d")
    try session.write("a", "</script><script>alert(1)</script>\n<!-- \u{202E}x\u{1B}[31m\n")
    try session.create("d/<script>", "x\n")
    let page = try page(session)
    #expect(page.components("<script").count == 3 && page.components("</script>").count == 3)
    #expect(!page.contains("\u{1B}") && !page.contains("\u{202E}"))
    #expect(page.contains("\\u003c/script>\\u003cscript>alert(1)"))
    #expect(page.contains("default-src 'none'") && page.contains("a &lt;b> &amp; &quot;c&quot;"))
    for word in ["http://", "https://", "src=", "@import", "url("] {
      #expect(!page.contains(word), "\(word)")
    }
  }

  @Test func `the page has every file, hunk, risk and note`() throws {
    let session = try Rehearsal("seq 1 40 > a; echo b > b; printf 'x\\000' > bin")
    try session.write("a", (1...40).map { $0 == 3 || $0 == 30 ? "new\n" : "\($0)\n" }.joined())
    try session.rename("b", "c")
    try session.write("bin", "x\0y")
    try session.create("Makefile", "all:")
    let page = try page(session)
    #expect(page.components("\"header\":\"@@").count == 4, "two hunks of a and the new Makefile")
    #expect(page.contains("\"path\":\"c\",\"kind\":\"renamed\",\"from\":\"b\""))
    #expect(page.contains("\"binary\":true,\"sizes\":[2,3]"))
    #expect(page.contains("\"class\":\"tasks\""))
    #expect(page.contains("all: (no newline at the end)") && page.contains("\"folded\""))
  }
}

extension String {
  /// The parts between the occurrences of a word.
  fileprivate func components(_ word: String) -> [Substring] {
    split(separator: word, omittingEmptySubsequences: false)
  }
}
