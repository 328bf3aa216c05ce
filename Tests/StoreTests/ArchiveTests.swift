import Glibc
import Linux
import Testing

@testable import Store

@Suite struct ArchiveTests {
  @Test func `an archive of an imported session is the same to the byte`() throws {
    let place = try ArchivedSession()
    try place.fill()
    let first = try place.export("first")
    #expect(try place.export("again") == first)
    try place.importing("first", as: "copy")
    #expect(try place.export("second", of: "copy") == first)
    let (old, new) = (try place.reader(), try place.reader("copy"))
    for step in try old.steps() {
      let (left, right) = (try old.tree(at: step.id), try new.tree(at: step.id))
      #expect(left.nodes == right.nodes)
      #expect(left.children == right.children)
    }
    let object = try new.openObject(ObjectID(1))
    #expect(try object.borrowed.readAll(limit: 1 << 20) == ArchivedSession.content)
    let big = try new.openObject(ObjectID(2))
    #expect(try big.borrowed.status().size == 3 << 30)
    #expect(try big.borrowed.status().raw.st_blocks < 1000)
    _ = try SessionStore.open(place.directory("copy"))
  }

  @Test func `sqlite3 can open an archive`() throws {
    let place = try ArchivedSession()
    try place.fill()
    _ = try place.export("first")
    let top = try place.top()
    let file = try top.borrowed.open("first", [])
    let reader = try ArchiveReader(file.borrowed)
    #expect(try reader.database.integer("SELECT count(*) FROM content") == 4)
  }

  @Test func `an archive with one bit flipped is refused, and nothing is left behind`() throws {
    let place = try ArchivedSession()
    try place.fill()
    let good = try place.export("good")
    var random = Generator(7)
    for _ in 0..<300 {
      var bytes = good
      let at = Int.random(in: 0..<bytes.count, using: &random)
      bytes[at] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
      try place.write("bad", bytes)
      #expect(throws: ArchiveError.self, "byte \(at)") {
        try place.importing("bad", as: "copy")
      }
      #expect(try place.names() == ["bad", "good", "session"])
    }
  }

  @Test(arguments: [0, 1, 99, 100, 4096, 50_000])
  func `an archive that was cut off is refused`(count: Int) throws {
    let place = try ArchivedSession()
    try place.fill()
    let good = try place.export("good")
    try place.write("bad", Array(good.prefix(count)))
    #expect(throws: ArchiveError.self) { try place.importing("bad", as: "copy") }
    #expect(try place.names() == ["bad", "good", "session"])
  }

  static let poisons = [
    "INSERT INTO entry VALUES (1, CAST('../x' AS BLOB), 1, NULL, 0)",
    "INSERT INTO entry VALUES (1, x'2e2e', 1, NULL, 0)",
    "INSERT INTO entry VALUES (1, x'610062', 1, NULL, 0)",
    "INSERT INTO entry VALUES (1, x'7a', 1, NULL, 4711)",
    "INSERT INTO entry VALUES (4711, x'7a', 1, NULL, 0)",
    "UPDATE node SET origin = CAST('a/../../etc' AS BLOB) WHERE id > 1",
    "UPDATE node SET origin = CAST('/etc' AS BLOB) WHERE id > 1",
    "UPDATE node SET object = 77 WHERE object = 1",
    "UPDATE node SET size = 1 << 40 WHERE object = 1",
    "UPDATE node SET kind = 9 WHERE id > 1",
    "UPDATE root SET path = CAST('relative' AS BLOB)",
    "UPDATE entry SET to_step = NULL",
    "UPDATE step SET kind = 'magic'",
    "UPDATE pin SET path = CAST('../x' AS BLOB)",
    "DELETE FROM node WHERE id = 1",
    "DELETE FROM content WHERE kind = 'base'",
    "UPDATE content SET size = size + 1 WHERE kind = 'base'",
    "UPDATE chunk SET start = 65536 WHERE number = 1",
    "INSERT INTO meta VALUES ('lost_x', 1)",
    "CREATE TRIGGER t AFTER INSERT ON node BEGIN DELETE FROM node; END",
    "CREATE VIEW v AS SELECT 1",
    "INSERT INTO entry SELECT node, x'6c6f6f70', from_step, to_step, parent FROM entry "
      + "WHERE node IN (SELECT id FROM node WHERE kind = 2) LIMIT 1",
  ]

  @Test(arguments: poisons)
  func `what no session may hold is refused even when the hashes are right`(poison: String) throws {
    let place = try ArchivedSession()
    try place.fill()
    _ = try place.export("bad")
    try place.poison("bad", poison)
    #expect(throws: ArchiveError.self) { try place.importing("bad", as: "copy") }
    #expect(try place.names() == ["bad", "session"])
  }

  @Test func `a newer archive and a stranger's database are refused, and say so`() throws {
    let place = try ArchivedSession()
    try place.fill()
    _ = try place.export("bad")
    try place.poison("bad", "PRAGMA user_version = 9")
    #expect {
      try place.importing("bad", as: "copy")
    } throws: {
      "\($0)".contains("the archive has format 9, this cowbox knows up to 1")
    }
    try place.poison("bad", "PRAGMA user_version = 1; PRAGMA application_id = 5")
    #expect {
      try place.importing("bad", as: "copy")
    } throws: {
      "\($0)" == "the file is no archive of a session"
    }
  }

  @Test func `an import never replaces a session`() throws {
    let place = try ArchivedSession()
    try place.fill()
    _ = try place.export("good")
    #expect(throws: ArchiveError.self) { try place.importing("good", as: "session") }
    #expect(throws: SystemError.self) { try place.importing("good", as: "../x") }
    #expect(try place.names() == ["good", "session"])
  }
}

/// A directory of sessions with one that has some of everything.
final class ArchivedSession {
  private let place: TemporaryStore
  static let content = Array("some words\n".utf8)

  init() throws {
    place = try TemporaryStore()
    let top = try Descriptor.currentDirectory.open(place.path, [.directory])
    try top.borrowed.makeDirectory("session")
  }

  func top() throws -> OwnedDescriptor { try place.directory() }

  func names() throws -> [ByteString] {
    let top = try top()
    return try top.borrowed.entryNames()
  }

  func remove(_ name: ByteString) throws {
    let top = try top()
    try top.borrowed.removeTree(name)
  }

  func directory(_ name: ByteString = "session") throws -> OwnedDescriptor {
    let top = try top()
    return try top.borrowed.open(name, [.directory])
  }

  func reader(_ name: ByteString = "session") throws -> SessionReader {
    let opened = try directory(name)
    return try SessionReader(directory: opened.borrowed)
  }

  /// Some steps with a directory, files, holes, attributes, whiteouts, a pin with content, a log.
  func fill() throws {
    let session = try directory()
    let store = try SessionStore.create(in: session.borrowed.again(), roots: [place.root])
    let first = store.beginStep(.run, command: ["make", "all"], message: "first")
    let folder = try store.make("folder", kind: .directory)
    let file = try store.make("file", in: folder.id)
    try store.write(Self.content, to: file)
    let big = try store.make("big")
    let object = try store.newObject()
    try object.file.borrowed.truncate(to: 3 << 30)
    try object.file.borrowed.write("end", at: (2 << 30) + 77)
    store.tree.lock.with {
      big.row.object = object.id
      big.row.size = 3 << 30
      big.attributes = ["user.note": Array("a\0b".utf8)]
      store.tree.touchAttributes(big)
      store.tree.setEntry(parent: NodeID(1), name: "gone", node: nil)
    }
    let status = try session.borrowed.status()
    store.tree.lock.with {
      store.tree.setBase(Pin(root: 1, path: "gone", status: status), Array("was here".utf8))
    }
    store.endStep(first, status: 0)
    let second = store.beginStep(.exec, command: ["rm", "big"])
    store.tree.lock.with {
      store.tree.removeEntry(parent: NodeID(1), name: "big")
      store.tree.drop(big)
    }
    let inner = try store.make("inner", in: folder.id, kind: .directory)
    _ = try store.make("empty", in: inner.id)
    store.endStep(second, status: 1)
    try store.flush(durable: false)
    _ = try store.setMark("good", at: first.id, replacing: false)
    _ = try store.restore(to: first.id, as: .undo)
    try store.checkpoint()
    let log = try session.borrowed.open("log.jsonl", [.writeOnly, .create], mode: 0o600)
    try log.borrowed.write(Array("{}\n".utf8))
  }

  func export(_ name: ByteString, of session: ByteString = "session", replacing: Bool = false)
    throws -> [UInt8]
  {
    let top = try top()
    try reader(session).export(to: name, in: top.borrowed, replacing: replacing)
    let file = try top.borrowed.open(name, [])
    return try file.borrowed.readAll(limit: 1 << 24)
  }

  func importing(_ archive: ByteString, as name: ByteString) throws {
    let top = try top()
    let file = try top.borrowed.open(archive, [])
    try SessionImport.run(file.borrowed, into: top.borrowed, as: name)
  }

  func write(_ name: ByteString, _ bytes: [UInt8]) throws {
    let top = try top()
    let file = try top.borrowed.open(name, [.writeOnly, .create, .truncate], mode: 0o600)
    try file.borrowed.write(bytes)
  }

  /// Changes an archive by a statement and sets its hash right again.
  func poison(_ name: ByteString, _ sql: String) throws {
    let top = try top()
    let file = try top.borrowed.open(name, [.readWrite])
    try file.borrowed.truncate(to: file.borrowed.status().size - 4096)
    try change(name, sql)
    try file.borrowed.seal()
  }

  private func change(_ name: ByteString, _ sql: String) throws {
    let database = try Database(path: place.path.appending(name), mode: .write)
    try database.execute(sql)
    let row = try database.statement("UPDATE archive SET value = ? WHERE key = 'hash'")
    row.bind(1, try database.archiveHash())
    try row.run()
  }
}

extension Descriptor {
  func again() throws -> OwnedDescriptor { try open(".", [.directory]) }

  func write(_ words: String, at offset: Int64) throws {
    try Array(words.utf8).withUnsafeBytes { try write($0, at: offset) }
  }
}

extension SessionStore {
  /// Gives a file content, as the overlay does.
  func write(_ bytes: [UInt8], to node: LiveNode) throws {
    let object = try newObject()
    try object.file.borrowed.write(bytes)
    tree.lock.with {
      node.row.object = object.id
      node.row.objectStep = tree.step
      node.row.size = Int64(bytes.count)
      tree.touch(node)
    }
  }
}
