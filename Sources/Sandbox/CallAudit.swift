import Confinement
import Linux

/// Counts the calls that a filter in log mode would have refused, and lets each go on.
///
/// It runs on a thread of its own, so that a command never waits for a busy keeper.
package final class CallAudit: Sendable {
  private let lock = Lock()
  // Invariant: read and written under `lock` only.
  nonisolated(unsafe) private var counts: [Int32: Int] = [:]

  /// Listens until the last process under the filter has ended; owns the listener.
  init(listener: Int32) throws(Errno) {
    _ = try Thread.start { [self] in
      let owned = OwnedDescriptor(owning: listener)
      listen(on: owned.borrowed)
    }
  }

  /// The calls so far by name, the most frequent first.
  package var refused: [(name: String, count: Int)] {
    lock.with { counts }.map { (CallFilter.name(of: $0.key), $0.value) }
      .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }

  private func listen(on listener: Descriptor) {
    while true {
      var waiting = PollSet()
      waiting.add(listener)
      // Failure does not matter: the descriptor is ours, so only memory can be short.
      guard (try? waiting.wait()) != nil else { return }
      if !waiting.events(at: 0).contains(.readable) { return }
      do throws(Errno) {
        let (number, cookie) = try listener.nextReportedCall()
        lock.with { counts[number, default: 0] += 1 }
        try listener.continueReportedCall(cookie)
      } catch {
        // ENOENT: the process was killed while its call waited for an answer.
        if error != .noEntry { return }
      }
    }
  }
}
