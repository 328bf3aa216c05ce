import Linux

/// Ends a step by itself where nothing was written for a while.
struct AmbientSteps {
  private let pause: Int64
  private var count = 0
  private var since: Int64 = 0
  private var isPending = false

  /// Steps that end after a pause of so many seconds.
  init(pause seconds: Double) { pause = Int64(seconds * 1_000_000_000) }

  /// How long to wait before it is worth asking again.
  var milliseconds: Int32 { Int32(clamping: max(20, pause / 5_000_000)) }

  /// Whether the pause is over, of how often something was written until now.
  mutating func isDue(_ changes: Int, now: Timestamp = .now) -> Bool {
    if changes != count {
      pass(changes, now: now)
      isPending = true
      return false
    }
    guard isPending, now.nanoseconds - since >= pause else { return false }
    isPending = false
    return true
  }

  /// Takes what was written until now for seen.
  mutating func pass(_ changes: Int, now: Timestamp = .now) {
    count = changes
    since = now.nanoseconds
    isPending = false
  }
}
