import Linux
import Testing

@testable import Store

@Suite struct CheckingTests {
  @Test func `a session that is whole passes, and keeps every byte`() throws {
    let place = try ArchivedSession()
    try place.fill()
    let before = try place.export("before")
    let session = try place.directory()
    let check = try SessionCheck.inspect(session.borrowed)
    #expect(check.isClean, "\(check.findings)")
    #expect(try SessionCheck.repair(session.borrowed).isClean)
    #expect(try place.export("after") == before)
  }

  @Test func `a session that runs is not touched`() throws {
    let place = try ArchivedSession()
    try place.fill()
    let session = try place.directory()
    let store = try SessionStore.open(session.borrowed.again())
    #expect(throws: StoreError.self) { try SessionCheck.repair(session.borrowed) }
    #expect(!store.isUnchanged)
  }

  static let damages: [(Finding.Kind, String)] = [
    (.row, "UPDATE node SET kind = 77 WHERE id = 1001"),
    (.row, "UPDATE node SET flags = 4096"),
    (.row, "UPDATE node SET flags = 8 WHERE object NOT NULL"),
    (.row, "INSERT INTO extent VALUES (1, -5, 3)"),
    (.validity, "UPDATE entry SET to_step = from_step"),
    (.validity, "DELETE FROM step WHERE id = 2"),
    (.overlap, "UPDATE entry SET to_step = NULL; UPDATE node SET to_step = NULL"),
    (
      .overlap,
      "INSERT INTO xattr VALUES (1000, x'61', 1, NULL, x'61'), "
        + "(1000, x'61', 2, NULL, x'62')"
    ),
    (.reference, "INSERT INTO entry VALUES (1, x'7a', 2, NULL, 4711)"),
    (.reference, "UPDATE entry SET parent = 4711 WHERE node != 0"),
    (.reference, "INSERT INTO xattr VALUES (4711, x'61', 1, NULL, x'61')"),
    (.reference, "INSERT INTO mark VALUES ('m', 99, 1)"),
    (.reference, "DELETE FROM node WHERE id = 1"),
    (.reference, "UPDATE step SET restores = 77 WHERE id = 2"),
    (.name, "UPDATE entry SET name = CAST('a/b' AS BLOB) WHERE name = CAST('file' AS BLOB)"),
    (.name, "UPDATE pin SET path = CAST('../../etc' AS BLOB)"),
    (
      .cycle,
      "INSERT INTO entry SELECT node, x'6c', from_step, to_step, node FROM entry "
        + "WHERE node IN (SELECT id FROM node WHERE kind = 2) AND to_step IS NULL"
    ),
    (.counter, "UPDATE meta SET value = 1 WHERE key = 'next_object'"),
  ]

  @Test(arguments: damages)
  func `what is wrong with rows is found, repaired, and then no longer there`(
    kind: Finding.Kind, damage: String
  ) throws {
    let place = try ArchivedSession()
    try place.fill()
    try place.damage(damage)
    let session = try place.directory()
    let found = try SessionCheck.inspect(session.borrowed)
    #expect(found.findings.contains { $0.kind == kind }, "\(found.findings)")
    let repaired = try SessionCheck.repair(session.borrowed)
    #expect(repaired.findings.allSatisfy { $0.remedy != nil })
    let left = try SessionCheck.inspect(session.borrowed)
    #expect(left.isClean, "\(left.findings)")
    let reader = try place.reader()
    for step in try reader.steps() { _ = try reader.tree(at: step.id) }
    _ = try SessionStore.open(place.directory())
    _ = try place.export("whole")
  }

  @Test func `lost content is shown as lost and never over a project's file`() throws {
    let place = try ArchivedSession()
    try place.fill()
    let session = try place.directory()
    try session.borrowed.remove("objects/1")
    let found = try SessionCheck.inspect(session.borrowed).findings
    #expect(found.map(\.words) == ["object 1, 11 bytes, is missing"])
    #expect(throws: ArchiveError.self) { _ = try place.export("lost") }
    _ = try SessionCheck.repair(session.borrowed)
    let reader = try place.reader()
    #expect(try reader.lostObjects() == [ObjectID(1): 11])
    let tree = try reader.tree()
    let entries = tree.children.values.flatMap { $0 }
    let file = try #require(entries.first { $0.name == "file.lost-1" })
    #expect(!entries.contains { $0.name == "file" })
    #expect(file.node.flatMap { tree.nodes[$0]?.size } == 0)
    #expect(try SessionCheck.inspect(session.borrowed).isClean)
  }

  @Test func `what is left of a content that was cut off stays readable`() throws {
    let place = try ArchivedSession()
    try place.fill()
    let session = try place.directory()
    let object = try session.borrowed.open("objects/1", [.writeOnly])
    try object.borrowed.truncate(to: 4)
    #expect(try !SessionCheck.repair(session.borrowed).isClean)
    let tree = try place.reader().tree()
    let node = try #require(tree.nodes.values.first { $0.object == ObjectID(1) })
    #expect(node.size == 4)
  }

  @Test func `files that no row needs go, and a wrong base is not merged from`() throws {
    let place = try ArchivedSession()
    try place.fill()
    let session = try place.directory()
    for name in ["objects/777", "base/778"] as [ByteString] {
      _ = try session.borrowed.open(name, [.writeOnly, .create], mode: 0o600)
    }
    let names = try session.borrowed.open("base", [.directory])
    let base = try #require(try names.borrowed.entryNames().first)
    let file = try names.borrowed.open(base, [.writeOnly])
    try file.borrowed.write("XX", at: 0)
    let kinds = try SessionCheck.repair(session.borrowed).findings.map(\.kind)
    #expect(kinds == [.lostBase, .orphan, .orphan])
    #expect(throws: Errno.noEntry) { try session.borrowed.status(of: "objects/777") }
    #expect(try place.reader().pins().values.allSatisfy { $0.base == nil })
    #expect(try SessionCheck.inspect(session.borrowed).isClean)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func `a database with damaged pages opens again with what is whole`(seed: UInt64) throws {
    let place = try ArchivedSession()
    try place.fillWithMany()
    let session = try place.directory()
    var random = Generator(seed)
    let file = try session.borrowed.open("session.db", [.readWrite])
    let pages = try file.borrowed.status().size / 4096
    for _ in 0..<3 {
      let page = Int64.random(in: 40..<pages, using: &random)
      let noise = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
      try noise.withUnsafeBytes { try file.borrowed.write($0, at: page * 4096) }
    }
    let check = try SessionCheck.repair(session.borrowed)
    #expect(check.findings.contains { $0.kind == .database }, "seed \(seed)")
    let left = try SessionCheck.inspect(session.borrowed)
    #expect(left.isClean, "seed \(seed): \(left.findings)")
    let count = try place.reader().tree().nodes.count
    #expect(count > 3000, "seed \(seed): \(count) of 4001 nodes")
  }
}

extension ArchivedSession {
  /// Does something to the session's database that no cowbox does.
  func damage(_ sql: String) throws {
    let session = try directory()
    let database = try Database(
      path: session.borrowed.procPath.appending("session.db"), mode: .write)
    try database.execute(sql)
    try database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  func fillWithMany() throws {
    let store = try SessionStore.create(in: directory(), roots: [root])
    _ = store.beginStep(.run)
    for number in 0..<4000 { _ = try store.make(ByteString("file-\(number)")) }
    try store.checkpoint()
  }

  private var root: Root {
    Root(id: 1, path: "/project", role: .project, device: 7, inode: 9)
  }
}
