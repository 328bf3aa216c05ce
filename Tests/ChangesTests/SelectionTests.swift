import Harness
import Linux
import Rehearsal
import Store
import Testing

@testable import Changes

@Suite struct SelectionTests {
  @Test(arguments: [
    ("src", "src/a/b.c", true), ("src", "src2", false), ("*.c", "a.c", true),
    ("*.c", "src/a.c", false), ("**/*.c", "src/deep/a.c", true), ("**/*.c", "a.c", true),
    ("src/*", "src/deep/x", true), ("s?c", "src/x", true), ("[a-c]x", "bx", true),
    ("[!a-c]x", "bx", false), (".", "anything/at/all", true), ("./src/", "src/x", true),
  ])
  func `patterns are those of git's pathspecs`(pattern: String, path: String, matches: Bool) {
    #expect(Pattern(ByteString(pattern)).matches(ByteString(path)) == matches)
  }

  @Test func `what acts by itself once it lands is held back`() throws {
    let session = try Rehearsal("mkdir -p .git/hooks src; echo x > a")
    try session.create(".git/hooks/pre-commit", "#!/bin/sh\n", mode: 0o755)
    try session.create("src/Makefile", "all:\n")
    try session.create("src/tool", "x", mode: 0o755)
    try session.setMode("src/tool", 0o4755)
    try session.makeSymlink("src/out", to: "../../etc/passwd")
    try session.makeSymlink("src/in", to: "../a")
    try session.create("src/e\u{1B}[0m", "x")
    try session.write("a", "harmless\n")
    let reader = try session.reader()
    let plan = try Plan(reader: reader, root: session.root, lower: session.lower)
    let found = plan.risks().map { "\($0.0.path.printable) \($0.1.map(\.rawValue))" }
    #expect(
      found.sorted() == [
        ".git/hooks/pre-commit [\"git-hooks\"]", "src/Makefile [\"tasks\"]",
        "src/e\\033[0m [\"name\"]", "src/out [\"symlink\"]", "src/tool [\"setuid\"]",
      ])
    #expect(plan.risks(allowing: Set(Risk.allCases)).isEmpty)
    #expect(plan.risks(paths: [Pattern("src"), Pattern(".git")]).isEmpty)
  }

  @Test func `a merge takes both sides' lines and says when it can't`() throws {
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    let base = bytes("1\n2\n3\n4\n5\n")
    let clean = try ThreeWayMerge(
      base: base, mine: bytes("one\n2\n3\n4\n5\n"), theirs: bytes("1\n2\n3\n4\nfive\n"))
    #expect(clean.isClean && clean.bytes == bytes("one\n2\n3\n4\nfive\n"))
    let torn = try ThreeWayMerge(
      base: base, mine: bytes("1\nm\n3\n4\n5\n"), theirs: bytes("1\nt\n3\n4\n5\n"))
    #expect(!torn.isClean)
    #expect(String(decoding: torn.bytes, as: UTF8.self).contains("<<<<<<< session\nm\n======="))
  }
}
