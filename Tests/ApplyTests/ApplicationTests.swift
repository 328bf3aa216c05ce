import Changes
import Harness
import Linux
import Rehearsal
import Store
import Testing

@testable import Apply

@Suite struct ApplicationTests {
  static let project = """
    mkdir -p src/deep gone; printf 'one\\ntwo\\nthree\\n' > a.txt; printf 'no newline' > b.txt
    printf 'x\\000y' > bin; echo deep > src/deep/f; echo s > src/s; echo g > gone/g; ln -s a.txt link
    echo run > tool; chmod 755 tool; echo one > h1; ln h1 h2; echo two > l1; ln l1 src/l2
    """

  static func application(_ session: Rehearsal) throws -> Application {
    try session.store?.flush(durable: true)
    let store = try #require(session.store)
    return try Application(store, root: session.root, directory: session.project())
  }

  /// Applies everything: the project must become the twin, and the session empty.
  static func expectApplied(
    _ session: Rehearsal, _ comment: String = "", withTimes: Bool = true
  ) throws {
    let application = try application(session)
    let keys = try application.plan().changes.map {
      "\($0.key.printable) <\($0.origin?.printable ?? "") =\($0.linkedTo?.printable ?? "") \($0.differences.names) \($0.keepsInode)"
    }
    do {
      try application.run(application.plan())
    } catch let error as ApplyError {
      if case .conflicts(let conflicts) = error {
        Issue.record("\(conflicts.map(\.description)) \(comment)")
        return
      }
      throw error
    }
    try expectTwin(session, "\(keys)\n" + comment, withTimes: withTimes)
    #expect(application.refusals == [])
    #expect(try application.plan().isEmpty)
    #expect(session.store?.isUnchanged == true)
  }

  static func expectTwin(
    _ session: Rehearsal, _ comment: String = "", withTimes: Bool = true
  ) throws {
    let left = try session.listing(session.place.project, withTimes: withTimes).split(
      separator: "\n")
    let right = try session.listing(session.twin, withTimes: withTimes).split(separator: "\n")
    let (missing, extra) = (
      right.filter { !left.contains($0) }, left.filter { !right.contains($0) }
    )
    #expect(missing == [] && extra == [], "missing: \(missing)\nextra: \(extra)\n\(comment)")
  }

  @Test func `apply makes the project what the session shows`() throws {
    let session = try Rehearsal(Self.project)
    try session.write("a.txt", "new\n")
    try session.rename("src/deep", "moved")
    try session.write("moved/f", "deeper\n")
    try session.removeTree("gone")
    try session.makeDirectory("fresh")
    try session.create("fresh/x", "x")
    try session.makeFIFO("fresh/pipe")
    try session.link("fresh/x", "fresh/y")
    try session.rename("b.txt", "fresh/b.txt")
    try session.setMode("tool", 0o4711)
    try session.remove("link")
    try session.makeSymlink("link", to: "elsewhere")
    try session.write("h1", "through h1\n")
    try Self.expectApplied(session)
  }

  /// More files than one hand makes alone, among them all that the second hand may not make.
  @Test func `thousands of new files come as they are, whoever makes them`() throws {
    let session = try Rehearsal(Self.project)
    for folder in 0..<30 {
      try session.makeDirectory("many\(folder)")
      for file in 0..<50 {
        let path = "many\(folder)/\(file)"
        try session.create(path, String(repeating: "\(folder) \(file)\n", count: file))
        if file % 7 == 0 { try session.setMode(path, 0o755) }
        if file % 11 == 0 { try session.link(path, path + "-again") }
        if file % 13 == 0 { try session.makeSymlink(path + "-link", to: "\(file)") }
      }
    }
    try Self.expectApplied(session)
  }

  @Test func `applying twice does nothing the second time`() throws {
    let session = try Rehearsal(Self.project)
    try session.write("a.txt", "new\n")
    let application = try Self.application(session)
    #expect(try application.run(application.plan()) == 1)
    #expect(try application.run(application.plan()) == nil)
  }

  @Test(arguments: 0..<15)
  func `random sessions are applied exactly`(seed: Int) throws {
    let session = try Rehearsal(Self.project)
    var script = RandomScript(seed: UInt64(seed) + 1000)
    try script.play(on: session, count: 25)
    try Self.expectApplied(session, script.lines.joined(separator: "; "), withTimes: false)
  }

  @Test(arguments: 0..<15)
  func `a revert brings back the project and the session as they were`(seed: Int) throws {
    let session = try Rehearsal(Self.project)
    var script = RandomScript(seed: UInt64(seed) + 5000)
    try script.play(on: session, count: 20)
    let before = try session.listing(session.place.project, withTimes: true)
    let application = try Self.application(session)
    let plan = try application.plan()
    guard let number = try application.run(plan) else { return }
    try application.revert()
    let after = try session.listing(session.place.project, withTimes: true)
    let (lost, extra) = (
      before.split(separator: "\n").filter { !after.split(separator: "\n").contains($0) },
      after.split(separator: "\n").filter { !before.split(separator: "\n").contains($0) }
    )
    #expect(
      lost == [] && extra == [],
      "missing \(lost) extra \(extra) \(plan.changes.map(\.key.printable))")
    #expect(try application.check(application.plan()).map(\.description) == [], "\(script.lines)")
    #expect(try application.plan().changes.map(\.key) == plan.changes.map(\.key))
    do {
      try application.revert(number + 1)
    } catch ApplyError.conflicts(let conflicts) {
      Issue.record(
        "\(conflicts.map(\.description)) \(plan.changes.map { "\($0.key.printable) <\($0.origin?.printable ?? "")" })"
      )
      return
    }
    try Self.expectTwin(session, script.lines.joined(separator: "; "), withTimes: false)
    #expect(try application.plan().isEmpty)
  }

  @Test(arguments: 0..<15)
  func `applying a session piece by piece comes to the same`(seed: Int) throws {
    let session = try Rehearsal(Self.project)
    var script = RandomScript(seed: UInt64(seed) + 9000)
    try script.play(on: session, count: 20)
    let application = try Self.application(session)
    for _ in 0..<100 {
      let whole = try application.plan()
      guard !whole.isEmpty else { break }
      var selection = Selection()
      selection.patterns = [Pattern(literal: whole.changes[whole.changes.count / 2].path)]
      let part = whole.selecting(selection, for: .applying)
      #expect(!part.isEmpty)
      do { try application.run(part) } catch ApplyError.conflicts(let conflicts) {
        Issue.record(
          "\(conflicts.map(\.description)) \(part.changes.map(\.key.printable)) of \(whole.changes.map { "\($0.key.printable)<\($0.origin?.printable ?? "")" })"
        )
        return
      }
    }
    try Self.expectTwin(session, script.lines.joined(separator: "; "), withTimes: false)
  }

  @Test(arguments: 0..<15)
  func `discarding a session piece by piece leaves the project`(seed: Int) throws {
    let session = try Rehearsal(Self.project)
    var script = RandomScript(seed: UInt64(seed) + 20000)
    try script.play(on: session, count: 20)
    let before = try session.listing(session.place.project, withTimes: true)
    let application = try Self.application(session)
    var count = Int.max
    while true {
      let whole = try application.plan()
      guard !whole.isEmpty else { break }
      #expect(whole.changes.count < count, "\(whole.changes.map(\.key.printable))")
      guard whole.changes.count < count else { return }
      count = whole.changes.count
      var selection = Selection()
      selection.patterns = [Pattern(literal: whole.changes[count / 2].path)]
      try application.discard(whole.selecting(selection, for: .discarding))
    }
    #expect(try session.listing(session.place.project, withTimes: true) == before)
  }

  @Test func `killed before any of its steps, an apply is undone or finished by the next start`()
    throws
  {
    for position in 0..<100 {
      let session = try Rehearsal(Self.project)
      var script = RandomScript(seed: 77)
      try script.play(on: session, count: 20)
      let before = try session.listing(session.place.project, withTimes: true)
      let (plan, ended) = try Self.interrupted(session, at: position)
      session.close()
      let application = try Application(
        session.reopen(), root: session.root, directory: session.project())
      let recovered = try Application.recover(application.store)
      if ended || recovered == [.finished(1)] {
        try Self.expectTwin(session, "\(position)", withTimes: false)
        #expect(try application.plan().isEmpty)
      } else {
        #expect(try session.listing(session.place.project, withTimes: true) == before)
        #expect(try application.plan().changes.map(\.key) == plan.changes.map(\.key))
        #expect(try application.check(application.plan()) == [])
      }
      if ended { return }
    }
  }

  /// Applies everything and stops as if killed; true when the apply came to its end before.
  static func interrupted(_ session: Rehearsal, at position: Int) throws -> (Plan, Bool) {
    let application = try application(session)
    let plan = try application.plan()
    var count = 0
    application.checkpoint = { _ in
      if count == position { throw Interruption() }
      count += 1
    }
    do { try application.run(plan) } catch is Interruption { return (plan, false) }
    return (plan, true)
  }
}
