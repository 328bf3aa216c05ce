import Linux
import Testing

@testable import Store

@Suite struct HistoryTests {
  /// A random session: after each step the names and sizes are as recorded.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `every step can be brought back exactly`(seed: UInt64) throws {
    let place = try TemporaryStore()
    let store = try place.create()
    var random = Generator(seed)
    var recorded: [StepID: [ByteString: Int64]] = [:]
    for _ in 0..<12 {
      let step = store.beginStep(.run)
      for _ in 0..<Int.random(in: 0..<15, using: &random) {
        try store.change(Int.random(in: 0..<20, using: &random), using: &random)
      }
      if Bool.random(using: &random) { try store.flush(durable: false) }
      recorded[step.id] = store.sizes()
    }
    for (target, sizes) in recorded.sorted(by: { $0.key < $1.key }).shuffled(using: &random) {
      let made = try store.restore(to: target, as: .undo)
      #expect(store.sizes() == sizes, "seed \(seed)")
      recorded[made.step.id] = sizes
    }
    let reader = try place.reader()
    for (step, sizes) in recorded { #expect(try reader.tree(at: step).sizes() == sizes) }
  }

  @Test func `a branch begins with the step it was made from and goes its own way`() throws {
    let (place, other) = (try TemporaryStore(), try TemporaryStore())
    let store = try place.create()
    let first = store.beginStep(.run)
    _ = try store.make("a")
    _ = store.beginStep(.run)
    _ = try store.make("b")
    try store.flush(durable: false)
    let source = try place.directory()
    try SessionStore.branch(
      from: source.borrowed, BranchOrigin(session: "s", step: first.id), into: other.directory())
    let branch = try other.open()
    #expect(branch.names() == ["a"])
    _ = branch.beginStep(.run)
    _ = try branch.make("c")
    try branch.flush(durable: false)
    #expect(store.names() == ["a", "b"])
    #expect(try other.reader().branchOrigin() == BranchOrigin(session: "s", step: first.id))
  }

  @Test func `a snapshot's name stays with its step until it is moved`() throws {
    let place = try TemporaryStore()
    let store = try place.create()
    let step = store.beginStep(.run)
    #expect(try store.setMark("good", at: step.id, replacing: false))
    #expect(try !store.setMark("good", at: StepID(1), replacing: false))
    #expect(try place.reader().marks().map(\.step) == [step.id])
    #expect(try store.removeMark("good"))
    #expect(try !store.removeMark("good"))
  }
}

/// A small generator whose sequence depends on nothing but its seed (SplitMix64).
struct Generator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension SessionStore {
  fileprivate func change(_ number: Int, using random: inout Generator) throws {
    let name = ByteString("f\(number)")
    switch tree.lock.with({ tree.find(name, in: NodeID(1)) }) {
    case .absent, .whiteout: _ = try make(name)
    case .node(let node):
      let size = Int64.random(in: 0..<1000, using: &random)
      let isRemoved = Bool.random(using: &random)
      tree.lock.with {
        if isRemoved {
          tree.setEntry(parent: NodeID(1), name: name, node: nil)
          tree.drop(node)
        } else {
          node.row.size = size
          tree.touch(node)
        }
      }
    }
  }

  fileprivate func sizes() -> [ByteString: Int64] {
    tree.lock.with {
      var found: [ByteString: Int64] = [:]
      for entry in tree.children(of: NodeID(1)) {
        found[entry.name] = entry.node.flatMap { tree.row($0)?.size } ?? -1
      }
      return found
    }
  }
}

extension SavedTree {
  fileprivate func sizes() -> [ByteString: Int64] {
    var found: [ByteString: Int64] = [:]
    for entry in children[NodeID(1)] ?? [] {
      found[entry.name] = entry.node.flatMap { nodes[$0]?.size } ?? -1
    }
    return found
  }
}
