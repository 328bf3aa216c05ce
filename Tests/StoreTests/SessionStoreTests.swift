import Linux
import Testing

@testable import Store

@Suite struct SessionStoreTests {
  @Test func `what was flushed is there when the session opens again`() throws {
    let place = try TemporaryStore()
    do {
      let store = try place.create()
      _ = try store.make("a")
      _ = try store.make("b")
      try store.flush(durable: true)
      _ = try store.make("never flushed")
    }
    let store = try place.open()
    #expect(store.names() == ["a", "b"])
  }

  @Test func `a session that rests holds no space in reserve`() throws {
    let place = try TemporaryStore()
    let run = place.path.appending("run")
    func names() throws -> [ByteString] {
      let opened = try Descriptor.currentDirectory.open(run, [.directory])
      return try opened.borrowed.entryNames()
    }
    do {
      let store = try place.create()
      _ = try store.make("a")
      try store.flush(durable: true)
      #expect(try names().contains("reserve"))
    }
    #expect(try !names().contains("reserve"))
  }

  @Test func `a session that is open is busy for everybody else`() throws {
    let place = try TemporaryStore()
    let store = try place.create()
    #expect(throws: StoreError.self) { _ = try place.open() }
    #expect(store.names().isEmpty)
  }

  @Test func `a reader sees each step as it was`() throws {
    let place = try TemporaryStore()
    let store = try place.create()
    let first = store.beginStep(.run)
    let node = try store.make("a")
    _ = try store.make("temporary")
    let second = store.beginStep(.run)
    store.tree.lock.with {
      node.row.size = 7
      store.tree.touch(node)
      store.tree.removeEntry(parent: NodeID(1), name: "temporary")
    }
    try store.flush(durable: false)
    let reader = try place.reader()
    let before = try reader.tree(at: first.id)
    let after = try reader.tree(at: second.id)
    #expect(before.children[NodeID(1)]?.map(\.name) == ["a", "temporary"])
    #expect(before.nodes[node.id]?.size == 0)
    #expect(after.children[NodeID(1)]?.map(\.name) == ["a"])
    #expect(after.nodes[node.id]?.size == 7)
    #expect(try reader.tree().nodes[node.id]?.size == 7)
  }

  @Test func `a node dropped in the step that made it leaves no row`() throws {
    let place = try TemporaryStore()
    let store = try place.create()
    _ = store.beginStep(.run)
    let node = try store.make("a")
    try store.flush(durable: false)
    store.tree.lock.with {
      store.tree.removeEntry(parent: NodeID(1), name: "a")
      store.tree.drop(node)
    }
    try store.flush(durable: false)
    let reader = try place.reader()
    for step in try reader.steps() {
      #expect(try reader.tree(at: step.id).nodes[node.id] == nil)
    }
  }

  @Test func `a newer format is refused, and says so`() throws {
    let place = try TemporaryStore()
    _ = try place.create()
    let files = try place.directory()
    let path = files.borrowed.procPath.appending("session.db")
    let database = try Database(path: path, mode: .write)
    try database.execute("PRAGMA user_version = 99")
    #expect(throws: StoreError.self) { _ = try place.reader() }
    #expect(throws: StoreError.self) { _ = try place.open() }
  }

  @Test func `names that differ only in normalisation are two files`() throws {
    let place = try TemporaryStore()
    let store = try place.create()
    let composed = ByteString("\u{e9}")
    let decomposed = ByteString("e\u{301}")
    _ = try store.make(composed)
    _ = try store.make(decomposed)
    _ = try store.make(ByteString([0xff, 0xfe]))
    try store.flush(durable: true)
    #expect(store.names().count == 3)
  }
}

@Suite struct ExtentMapTests {
  @Test func `ranges that touch become one`() {
    var map = ExtentMap()
    map.insert(0..<10)
    map.insert(20..<30)
    map.insert(10..<20)
    #expect(map.ranges == [0..<30])
    map.insert(40..<50)
    map.insert(5..<45)
    #expect(map.ranges == [0..<50])
    map.truncate(to: 20)
    #expect(map.ranges == [0..<20])
    #expect(map.next(from: 20) == nil)
    #expect(map.next(from: 3) == 0..<20)
  }
}
