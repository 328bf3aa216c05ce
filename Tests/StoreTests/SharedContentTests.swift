import Linux
import Testing

@testable import Store

@Suite struct SharedContentTests {
  private let place: ArchivedSession

  init() throws {
    place = try ArchivedSession()
    try place.fill()
    try branch("session", into: "branch")
  }

  /// Branches a resting session as if it had more objects than are linked one by one.
  private func branch(_ source: ByteString, into name: ByteString) throws {
    let top = try place.top()
    try top.borrowed.makeDirectory(name)
    let session = try place.directory(source)
    let step = try #require(try SessionReader.lastStep(ofResting: session.borrowed))
    try SessionStore.branch(
      from: session.borrowed, BranchOrigin(session: "s", step: step),
      into: place.directory(name), isResting: true, linkingAtMost: 0)
  }

  private func contents(of name: ByteString) throws -> [ObjectID: [UInt8]] {
    let reader = try place.reader(name)
    var found: [ObjectID: [UInt8]] = [:]
    // One is of 3 GiB.
    for node in try reader.tree().nodes.values where node.size < 1 << 20 {
      guard let object = node.object else { continue }
      let file = try reader.openObject(object)
      found[object] = try file.borrowed.readAll(limit: 1 << 20)
    }
    return found
  }

  private func shelf() throws -> [ByteString] {
    let shelf = try place.directory(".shared")
    return try shelf.borrowed.entryNames()
  }

  private func remove(_ name: ByteString) throws {
    let session = try place.directory(name)
    try SharedContent.release(session.borrowed)
    try place.remove(name)
  }

  @Test func `a branch has the content without an object of its own`() throws {
    let whole = try contents(of: "session")
    #expect(whole.values.contains(ArchivedSession.content))
    #expect(try contents(of: "branch") == whole)
    for name in ["session", "branch"] as [ByteString] {
      let directory = try place.directory(name)
      let objects = try directory.borrowed.open("objects", [.directory])
      #expect(try objects.borrowed.entryNames().isEmpty)
      #expect(try SessionCheck.inspect(directory.borrowed).findings == [])
      let usage = try SessionUsage.measure(directory.borrowed)
      #expect(usage.shared > 0 && usage.objects == 0 && usage.bases == 0)
      let pin = try #require(try place.reader(name).pins().values.first { $0.base != nil })
      _ = try place.reader(name).openBase(#require(pin.base))
    }
  }

  @Test func `a branch of a branch has it too, and each goes its own way`() throws {
    let whole = try contents(of: "session")
    let store = try SessionStore.open(place.directory("branch"))
    _ = store.beginStep(.run)
    try store.write(Array("new\n".utf8), to: store.make("new"))
    try store.checkpoint()
    store.unlock()
    try branch("branch", into: "third")
    let third = try contents(of: "third")
    #expect(third.count == whole.count + 1 && third.values.contains(Array("new\n".utf8)))
    #expect(try contents(of: "session") == whole)
    let directory = try place.directory("third")
    #expect(try SessionCheck.inspect(directory.borrowed).findings == [])
  }

  @Test func `the content goes with the last session that has it`() throws {
    let whole = try contents(of: "session")
    try remove("session")
    #expect(try contents(of: "branch") == whole)
    let branch = try place.directory("branch")
    let usage = try SessionUsage.measure(branch.borrowed)
    #expect(usage.shared == 0 && usage.objects > 0 && usage.bases > 0)
    try remove("branch")
    #expect(try shelf().isEmpty)
  }

  @Test func `a sweep removes what nobody has and nothing else`() throws {
    let whole = try contents(of: "branch")
    // As when whoever removed the last session died in it.
    let top = try place.top()
    try place.remove("session")
    try SharedContent.sweep(top.borrowed)
    #expect(try contents(of: "branch") == whole)
    try place.remove("branch")
    try SharedContent.sweep(top.borrowed)
    #expect(try shelf().isEmpty)
    try SharedContent.sweep(top.borrowed)
  }

  @Test func `what died before anything moved is no loss`() throws {
    let whole = try contents(of: "session")
    let session = try place.directory("session")
    let used = try session.borrowed.open("shared", [.directory])
    _ = try used.borrowed.open("0123", [.writeOnly, .create], mode: 0o600)
    #expect(try contents(of: "session") == whole)
    try branch("session", into: "third")
    #expect(try contents(of: "third") == whole)
    for name in ["session", "branch", "third"] as [ByteString] { try remove(name) }
  }
}
