import Linux
import Testing

@testable import Store

@Suite struct CollectingTests {
  private func session(_ name: String, days: Int64, bytes: Int64, work: Bool = false)
    -> CollectableSession
  {
    CollectableSession(
      name: name, used: Timestamp(nanoseconds: (1000 - days) * 86_400_000_000_000),
      byteCount: bytes, isRunning: name == "running", hasUnappliedWork: work)
  }

  private let now = Timestamp(nanoseconds: 1000 * 86_400_000_000_000)

  @Test func `unapplied work and what runs always stays, however old or large`() {
    let items = [
      session("work", days: 900, bytes: 1 << 40, work: true),
      session("running", days: 900, bytes: 1 << 40), session("old", days: 900, bytes: 1),
    ]
    let policy = CollectionPolicy(olderThan: 86_400, above: 0)
    #expect(
      policy.verdicts(on: items, now: now) == [
        .mustStay("it holds unapplied work"), .mustStay("it is running"), .tooOld,
      ])
  }

  @Test func `above the size the longest unused go first, and no more than needed`() {
    let items = [
      session("a", days: 1, bytes: 40), session("b", days: 3, bytes: 40),
      session("c", days: 2, bytes: 40),
    ]
    let verdicts = CollectionPolicy(above: 80).verdicts(on: items, now: now)
    #expect(verdicts == [.stays, .tooMuch, .stays])
    #expect(CollectionPolicy().verdicts(on: items, now: now).allSatisfy { !$0.isRemoval })
  }

  @Test func `a session's size is told by what it is for, and shared content apart`() throws {
    let (place, other) = (try ArchivedSession(), try TemporaryStore())
    try place.fill()
    let session = try place.directory()
    let before = try SessionUsage.measure(session.borrowed)
    #expect(before.objects > 0 && before.bases > 0 && before.database > 0 && before.shared == 0)
    try SessionStore.branch(
      from: session.borrowed, BranchOrigin(session: "s", step: StepID(2)), into: other.directory())
    let after = try SessionUsage.measure(session.borrowed)
    #expect(after.shared > 0 && after.objects < before.objects)
    #expect(try !place.reader().isUnchanged())
  }

  @Test func `what an apply kept goes once the apply has come to its end`() throws {
    let place = try TemporaryStore()
    let session = try place.directory()
    for name in ["apply", "apply/1", "apply/1/kept", "apply/2"] as [ByteString] {
      try session.borrowed.makeDirectory(name)
    }
    for name in ["apply/1/kept/x", "apply/1/closed"] as [ByteString] {
      _ = try session.borrowed.open(name, [.writeOnly, .create], mode: 0o600)
    }
    let kept = try KeptApply.all(in: session.borrowed)
    #expect(kept.map(\.isClosed) == [true, false])
    try kept[0].remove(from: session.borrowed)
    #expect(throws: SystemError.self) { try kept[1].remove(from: session.borrowed) }
    #expect(try KeptApply.all(in: session.borrowed).map(\.number) == [2])
  }
}
