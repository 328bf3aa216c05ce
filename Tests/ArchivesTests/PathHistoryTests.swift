import Changes
import Harness
import Linux
import Store
import Testing

@testable import Archives

@Suite(.enabled(if: Programs.hasFuse, "needs /dev/fuse")) struct PathHistoryTests {
  private let playground: Playground

  init() throws {
    playground = try Playground()
    try playground.shell("mkdir a; printf '1\\n2\\n3\\n' > a/file; echo x > other")
  }

  private func run(_ script: String, in session: String? = nil) throws {
    let words = session.map { ["--session", $0] } ?? []
    var command = playground.cowbox("run")
    command.words += words + ["--", "sh", "-euc", script]
    let ended = try command.run()
    try #require(ended.status == 0, "\(ended.complaint)")
  }

  private func readers() throws -> [SessionReader] {
    let sessions = try LayeredSession.open(playground.state + "/sessions")
    return try sessions.borrowed.entryNames().map { name in
      let session = try sessions.borrowed.open(name, [.directory])
      return try SessionReader(directory: session.borrowed)
    }
  }

  private func history(_ path: ByteString) throws -> [PathHistory.Version] {
    let reader = try readers()[0]
    let lower = try LayeredSession.open(playground.project)
    return try PathHistory(
      reader, root: reader.roots[0], path: path, lower: lower.borrowed
    ).versions
  }

  @Test func `the history of a path tells which command did what to it`() throws {
    try run("echo 4 >> a/file")
    try run("true")
    try run("chmod 600 a/file")
    try run("mv a b")
    try run("mv b a; sed -i s/2/two/ a/file")
    let found = try history("a/file")
    #expect(found.map(\.kind) == [.written, .attributes, .removed, .created])
    #expect(found.last?.step.command.last == "mv b a; sed -i s/2/two/ a/file")
    #expect(try history("b/file").map(\.kind) == [.created, .removed])
    #expect(try history("other").isEmpty)
  }

  @Test func `every line tells which step wrote it`() throws {
    try run("echo 4 >> a/file")
    try run("sed -i s/2/two/ a/file; chmod 600 a/file")
    try run("sed -i 1d a/file; echo 5 >> a/file")
    let reader = try readers()[0]
    let lower = try LayeredSession.open(playground.project)
    let blame = try Blame(
      reader, root: reader.roots[0], path: "a/file", lower: lower.borrowed)
    let steps = try reader.steps().filter { $0.kind == .run }.map(\.id)
    try #require(steps.count == 3)
    #expect(blame.lines.map { String(decoding: $0.text, as: UTF8.self) } == ["two", "3", "4", "5"])
    #expect(blame.lines.map(\.step) == [steps[1], nil, steps[0], steps[2]])
    #expect(throws: Blame.Failure.self) {
      try Blame(reader, root: reader.roots[0], path: "a", lower: lower.borrowed)
    }
  }

  @Test func `sessions are compared by what they leave at each path`() throws {
    let (one, two) = (try LayeredSession(), try LayeredSession())
    let lower = try one.lower()
    let (first, second) = (try one.reader(), try two.reader())
    _ = two.store.beginStep(.run)
    let tree = two.store.tree
    tree.lock.with {
      tree.setEntry(parent: NodeID(1), name: "replaced", node: nil)
      tree.setEntry(parent: NodeID(1), name: "symlink", node: nil)
    }
    try two.store.flush(durable: false)
    let third = try two.reader()
    let same = try SessionComparison(
      [(first, first.roots[0]), (second, second.roots[0])], lower: LowerTree(lower.borrowed))
    // The other session's project is another: its hard link is not found in this one.
    let shared = same.rows.filter { $0.path != "a/linked2" }
    #expect(!shared.isEmpty && shared.allSatisfy { $0.isShared && !$0.isConflict })
    let other = try SessionComparison(
      [(first, first.roots[0]), (third, third.roots[0])],
      lower: LowerTree(lower.borrowed))
    #expect(other.rows.filter(\.isConflict).map(\.path) == ["replaced"])
    #expect(other.rows.filter { !$0.isShared }.map(\.path) == ["symlink"])
    #expect(!other.rows.contains { $0.path == "a" || $0.path == "a/two.txt" })
  }
}
