import Glibc
import Linux
import Overlay

/// What cowbox's server did between two moments: processor time, and requests by their kind.
final class ServerMeter {
  /// Counted by the server, in memory that it shares with the client.
  let tally: RequestTally
  private let clock: clockid_t
  private var spentBefore: Int64 = 0
  private var countsBefore: [UInt64] = []

  init(server: pid_t, tally: RequestTally) throws {
    self.tally = tally
    var clock = clockid_t()
    let failure = clock_getcpuclockid(server, &clock)
    guard failure == 0 else { throw Errno(failure) }
    self.clock = clock
  }

  func start() {
    spentBefore = spent
    countsBefore = tally.counts
  }

  /// Microseconds of processor time and the requests since `start()`.
  func stop() -> (Double, [(name: String, count: Int)]) {
    let counts = tally.counts
    let requests = counts.indices.compactMap { code -> (name: String, count: Int)? in
      let count = Int(counts[code] - countsBefore[code])
      return count == 0 ? nil : (RequestTally.name(of: code), count)
    }
    return (Double(spent - spentBefore) / 1000, requests.sorted { $0.count > $1.count })
  }

  private var spent: Int64 {
    var time = timespec()
    // A server that has died has spent nothing more; the client's next call says so.
    guard clock_gettime(clock, &time) == 0 else { return spentBefore }
    return Timestamp(time).nanoseconds
  }
}
