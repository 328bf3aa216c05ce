import Confinement
import Glibc
import Linux

/// Hears what the walls of a box refuse, on a thread of its own, so that a command which is refused
/// something never waits for a busy keeper.
package final class RefusalWatch: Sendable {
  private let calls: CallListener?
  private let resolver: Int32?
  private let covers: Int32?
  /// What each cover hides, by the name of the cover.
  private let covered: [ByteString: ByteString]
  private let networkRule: String
  private let lock = Lock()
  // Invariant: all three are read and written under `lock` only.
  nonisolated(unsafe) private var callCounts: [CallListener.Key: Int] = [:]
  nonisolated(unsafe) private var nameCounts: [String: Int] = [:]
  nonisolated(unsafe) private var coverCounts: [ByteString: Int] = [:]

  /// A program could ask for endless things; what is told is bounded.
  private static let most = 64

  /// Starts hearing; the descriptors are its own from here on.
  init(
    calls: CallListener?, resolver: Int32?, covers: Int32?, covered: [ByteString: ByteString],
    networkRule: String
  ) throws(Errno) {
    self.calls = calls
    self.resolver = resolver
    self.covers = covers
    self.covered = covered
    self.networkRule = networkRule
    if calls == nil && resolver == nil && covers == nil { return }
    _ = try Thread.start(stackSize: 256 << 10) { [self] in listen() }
  }

  /// What was refused so far, the most frequent first.
  package var refusals: [Refusal] {
    let (calls, names, covers) = lock.with { (callCounts, nameCounts, coverCounts) }
    var all = calls.compactMap { self.calls?.refusal($0.key, $0.value) }
    all += names.map { Refusal.name($0.key, $0.value, networkRule) }
    all += covers.compactMap { cover, count in
      covered[cover].map { Refusal.masked($0.printable, count) }
    }
    return all.sorted { ($1.count, $0.what) < ($0.count, $1.what) }
  }

  private func listen() {
    // The thread owns them: nobody else may close a descriptor that it waits on.
    var open = [calls?.listener, resolver, covers].map { $0 }
    defer { for raw in open { if let raw { _ = OwnedDescriptor(owning: raw) } } }
    while open.contains(where: { $0 != nil }) {
      var set = PollSet()
      let places = open.map { raw in raw.map { set.add(Descriptor($0)) } }
      // Failure does not matter: the descriptors are ours, so only memory can be short.
      guard (try? set.wait()) != nil else { return }
      for (index, place) in places.enumerated() {
        guard let place, !set.events(at: place).isEmpty else { continue }
        if set.events(at: place).contains(.readable), hear(index) { continue }
        if let raw = open[index] { _ = OwnedDescriptor(owning: raw) }
        open[index] = nil
      }
    }
  }

  /// Takes one thing that came; false when no more will come from there.
  private func hear(_ source: Int) -> Bool {
    do throws(Errno) {
      switch source {
      case 0: if let key = try calls?.answer() { count(key, in: \.callCounts) }
      case 1: if let resolver { try hearQuestion(Descriptor(resolver)) }
      default: if let covers { try hearLooks(Descriptor(covers)) }
      }
      return true
    } catch .tryAgain {
      return true
    } catch { return false }
  }

  private func hearQuestion(_ resolver: Descriptor) throws(Errno) {
    let (question, asker) = try resolver.receiveDatagram(limit: 512)
    guard let answer = NameQuestion.refusal(of: question) else { return }
    if let name = NameQuestion.name(in: question) { count(name, in: \.nameCounts) }
    // Failure does not matter: who asked has given up.
    try? resolver.sendDatagram(answer, to: asker)
  }

  private func hearLooks(_ covers: Descriptor) throws(Errno) {
    let events = try covers.read(byteCount: 4096)
    for name in WatchEvents.names(in: events) where covered[name] != nil {
      count(name, in: \.coverCounts)
    }
  }

  private func count<Key>(
    _ key: Key, in counts: ReferenceWritableKeyPath<RefusalWatch, [Key: Int]>
  ) {
    lock.with {
      if self[keyPath: counts].count < Self.most || self[keyPath: counts][key] != nil {
        self[keyPath: counts][key, default: 0] += 1
      }
    }
  }
}
