import Changes
import Harness
import Linux
import Rehearsal
import Store
import Testing

@testable import Apply

/// Hunks applied or forgotten by themselves; what is left stays pending.
@Suite struct PartTests {
  private static let old = (1...40).map { "line \($0)\n" }
  private static func new(_ changed: [Int]) -> String {
    var lines = old
    for index in changed { lines[index] = "new \(index)\n" }
    return lines.joined()
  }

  private func session() throws -> Rehearsal {
    try Rehearsal(
      "seq 1 40 | sed 's/^/line /' > f; cp f g; ln g h; echo x > other; mkdir d")
  }

  private func chosen(
    _ application: Application, _ path: String, hunks: [Int], attributes: Bool = false
  )
    throws -> Change
  {
    let plan = try application.plan()
    let change = try #require(plan.changes.first { $0.path == ByteString(path) })
    let pieces = try plan.pieces(of: change, application.contents())
    return try #require(
      pieces.taking(hunks.map { pieces.hunks[$0] }, attributes: attributes))
  }

  private func text(_ session: Rehearsal, _ path: String) throws -> String {
    try session.place.shell("cat '\(path)'")
  }

  @Test func `a hunk lands, and the diff says the others`() throws {
    let session = try session()
    try session.write("f", Self.new([2, 20, 38]))
    try session.write("other", "y\n")
    let application = try ApplicationTests.application(session)
    let part = try application.plan().choosing(
      [chosen(application, "f", hunks: [1])], for: .applying)
    #expect(!part.isWhole)
    try application.run(part)
    #expect(try text(session, "f") == Self.new([20]))
    #expect(try text(session, "other") == "x\n")
    let rest = try application.plan()
    #expect(rest.changes.map(\.key) == ["modified:f", "modified:other"])
    let pieces = try rest.pieces(of: rest.changes[0], application.contents())
    #expect(pieces.hunks.count == 2)
    #expect(try application.check(rest) == [])
    try ApplicationTests.expectApplied(session)
  }

  @Test func `an apply of a hunk is taken back like any other`() throws {
    let session = try session()
    try session.write("f", Self.new([2, 20, 38]))
    let before = try session.projectListing
    let application = try ApplicationTests.application(session)
    let id = try application.plan().id(application.contents())
    try application.run(
      application.plan().choosing([chosen(application, "f", hunks: [0, 2])], for: .applying))
    #expect(try text(session, "f") == Self.new([2, 38]))
    try application.revert()
    #expect(try session.projectListing == before)
    #expect(try application.plan().id(application.contents()) == id)
    try ApplicationTests.expectApplied(session)
  }

  @Test func `what the host does to what landed is a conflict for the rest`() throws {
    let session = try session()
    try session.write("f", Self.new([2, 38]))
    let application = try ApplicationTests.application(session)
    try application.run(
      application.plan().choosing([chosen(application, "f", hunks: [0])], for: .applying))
    try session.place.shell("echo host >> f")
    let conflicts = try application.check(application.plan())
    #expect(conflicts.map(\.reason) == [.changed])
  }

  @Test func `mode and content of one file can land one without the other`() throws {
    for takesMode in [true, false] {
      let session = try session()
      try session.write("f", Self.new([2]))
      try session.setMode("f", 0o755)
      let application = try ApplicationTests.application(session)
      try application.run(
        application.plan().choosing(
          [chosen(application, "f", hunks: takesMode ? [] : [0], attributes: takesMode)],
          for: .applying))
      let mode = try session.place.shell("stat -c %a f")
      #expect(mode == (takesMode ? "755\n" : "644\n"))
      #expect(try text(session, "f") == Self.new(takesMode ? [] : [2]))
      let rest = try application.plan()
      #expect(rest.changes.map(\.differences) == [takesMode ? .content : .permissions])
      try ApplicationTests.expectApplied(session, withTimes: false)
    }
  }

  @Test func `a hunk of a renamed file brings the rename along`() throws {
    let session = try session()
    try session.rename("f", "d/moved")
    try session.write("d/moved", Self.new([2, 38]))
    let application = try ApplicationTests.application(session)
    try application.run(
      application.plan().choosing(
        [chosen(application, "d/moved", hunks: [1])], for: .applying))
    #expect(try text(session, "d/moved") == Self.new([38]))
    #expect(try application.plan().changes.map(\.key) == ["modified:d/moved"])
    try ApplicationTests.expectApplied(session, withTimes: false)
  }

  @Test func `a hunk of a file with several names lands in all of them`() throws {
    let session = try session()
    try session.write("g", Self.new([2, 38]))
    let application = try ApplicationTests.application(session)
    let change = try #require(try application.plan().changes.first)
    let pieces = try application.plan().pieces(of: change, application.contents())
    guard !pieces.hunks.isEmpty else { return }
    let part = try #require(pieces.taking([pieces.hunks[0]], attributes: false))
    try application.run(application.plan().choosing([part], for: .applying))
    #expect(try text(session, "h") == Self.new([2]))
    try ApplicationTests.expectApplied(session, withTimes: false)
  }

  @Test func `a forgotten hunk is gone from the session, and undo brings it back`() throws {
    let session = try session()
    try session.write("f", Self.new([2, 20, 38]))
    try session.setMode("f", 0o755)
    let application = try ApplicationTests.application(session)
    let plan = try application.plan()
    let pieces = try plan.pieces(of: plan.changes[0], application.contents())
    let part = try #require(pieces.keeping([pieces.hunks[1]], attributes: true))
    let before = try application.reader().steps().map(\.id).max()
    try application.discard(plan.choosing([part], for: .discarding))
    let left = try application.plan()
    let bytes = try application.contents().bytes(
      left.changes[0].newContent, size: left.changes[0].new?.size ?? 0)
    #expect(String(decoding: bytes, as: UTF8.self) == Self.new([20]))
    #expect(left.changes[0].differences == [.content, .permissions])
    let again = try application.plan()
    let change = try #require(
      try again.pieces(of: again.changes[0], application.contents()).keeping(
        again.pieces(of: again.changes[0], application.contents()).hunks, attributes: false))
    try application.discard(again.choosing([change], for: .discarding))
    #expect(try application.plan().changes.map(\.differences) == [.content])
    _ = try session.store?.restore(to: try #require(before), as: .undo)
    try session.store?.flush(durable: true)
    #expect(try application.plan().id(application.contents()) == plan.id(application.contents()))
  }

  @Test(arguments: 0..<8)
  func `random hunks land one after the other until everything has`(seed: Int) throws {
    let session = try session()
    let changed = (0..<12).map { ($0 * 7 + seed * 5) % 40 }
    try session.write("f", Self.new(changed))
    try session.write("other", "y\n")
    let application = try ApplicationTests.application(session)
    var rounds = 0
    while let change = try application.plan().changes.first(where: { $0.path == "f" }) {
      let pieces = try application.plan().pieces(of: change, application.contents())
      let atoms = pieces.hunks.flatMap(\.split)
      let one = atoms[(rounds * 31 + seed) % atoms.count]
      let part = try #require(pieces.taking([one], attributes: false))
      let expected = pieces.content(taking: [one])
      try application.run(application.plan().choosing([part], for: .applying))
      #expect(try text(session, "f") == String(decoding: expected, as: UTF8.self))
      rounds += 1
      try #require(rounds < 20)
    }
    #expect(try text(session, "f") == Self.new(changed))
    try ApplicationTests.expectApplied(session, withTimes: false)
  }

  /// Applies a hunk and stops as if killed; true when the apply came to its end before.
  private func interrupted(_ session: Rehearsal, at position: Int) throws -> Bool {
    let application = try ApplicationTests.application(session)
    let part = try application.plan().choosing(
      [chosen(application, "f", hunks: [0])], for: .applying)
    var count = 0
    application.checkpoint = { _ in
      if count == position { throw Interruption() }
      count += 1
    }
    do { try application.run(part) } catch is Interruption { return false }
    return true
  }

  @Test func `an apply of a hunk that is killed anywhere is whole or not at all`() throws {
    for position in 0..<50 {
      let session = try session()
      try session.write("f", Self.new([2, 38]))
      let before = try session.projectListing
      if try interrupted(session, at: position) {
        #expect(position > 3)
        return
      }
      _ = try session.reopen()
      let next = try ApplicationTests.application(session)
      let recovered = try Application.recover(next.store)
      let isDone = if case .finished = recovered.first { true } else { false }
      #expect(try text(session, "f") == Self.new(isDone ? [2] : []), "\(position)")
      if !isDone { #expect(try session.projectListing == before) }
      try ApplicationTests.expectApplied(session, "\(position)", withTimes: false)
    }
  }
}
