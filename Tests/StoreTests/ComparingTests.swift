import Linux
import Testing

@testable import Store

@Suite struct ComparingTests {
  private let place: TemporaryStore
  private let store: SessionStore

  init() throws {
    place = try TemporaryStore()
    store = try place.create()
  }

  /// Does something in a step of its own; whether the tree differs from the one before.
  private func changes(_ body: () throws -> Void) throws -> Bool {
    let step = store.beginStep(.run)
    try body()
    store.endStep(step, status: 0)
    try store.flush(durable: false)
    return try !place.reader().isSame(StepID(step.id.rawValue - 1), as: step.id)
  }

  @Test func `what a step did is seen, whatever it did`() throws {
    var file: LiveNode?
    #expect(try changes { file = try store.make("a") })
    let made = try #require(file)
    #expect(try !changes {})
    #expect(try changes { change(made) { $0.permissions = 0o600 } })
    #expect(try changes { change(made) { $0.modified = Timestamp(nanoseconds: 1) } })
    #expect(
      try changes {
        store.tree.lock.with {
          made.attributes = ["user.a": [1]]
          store.tree.touchAttributes(made)
        }
      })
    #expect(try changes { whiteout("b") })
    #expect(
      try changes {
        store.tree.lock.with {
          store.tree.removeEntry(parent: NodeID(1), name: "a")
          store.tree.drop(made)
        }
      })
  }

  @Test func `what was only read, or written as it was, is the same`() throws {
    let made = try store.make("a")
    try store.flush(durable: false)
    #expect(try !changes { change(made) { $0.accessed = Timestamp(nanoseconds: 1) } })
    #expect(try !changes { change(made) { _ in } })
  }

  @Test func `going back leads to the same, also past steps between`() throws {
    let first = store.beginStep(.run)
    _ = try store.make("a")
    store.endStep(first, status: 0)
    let second = store.beginStep(.run)
    whiteout("b")
    store.endStep(second, status: 0)
    try store.flush(durable: false)
    let back = try store.restore(to: first.id, as: .undo).step
    let reader = try place.reader()
    #expect(try reader.isSame(first.id, as: back.id) && reader.isSame(back.id, as: nil))
    #expect(try !reader.isSame(second.id, as: back.id) && !reader.isSame(nil, as: StepID(1)))
  }

  private func change(_ node: LiveNode, _ body: (inout Node) -> Void) {
    store.tree.lock.with {
      body(&node.row)
      store.tree.touch(node)
    }
  }

  private func whiteout(_ name: ByteString) {
    store.tree.lock.with { store.tree.setEntry(parent: NodeID(1), name: name, node: nil) }
  }
}
