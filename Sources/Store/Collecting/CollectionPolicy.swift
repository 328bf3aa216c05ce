import Linux

/// Something that may be cleared away when it is old, or takes too much room.
package protocol Collectable {
  /// When it was used last.
  var used: Timestamp { get }
  /// What clearing it away frees.
  var byteCount: Int64 { get }
  /// Why it must stay, as it stands behind "kept: "; nil: it may go.
  var reasonToStay: String? { get }
}

/// What may be cleared away without asking: by age, by size, and never unapplied work.
package struct CollectionPolicy: Hashable, Sendable {
  /// How long something unused is kept; nil: for ever.
  package var seconds: Int64?
  /// How many bytes all of it may take; nil: any number.
  package var byteCount: Int64?

  /// A policy by its limits.
  package init(olderThan seconds: Int64? = nil, above byteCount: Int64? = nil) {
    self.seconds = seconds
    self.byteCount = byteCount
  }

  /// What is done with one thing, and why.
  package enum Verdict: Hashable, Sendable {
    /// It is neither old nor in the way.
    case stays
    /// It would go, but for a reason.
    case mustStay(String)
    case tooOld
    case tooMuch
  }

  /// Judges everything, in the order given: first what is too old goes, then, while the rest takes
  /// too much room, what was not used for the longest time.
  package func verdicts<Item: Collectable>(on items: [Item], now: Timestamp) -> [Verdict] {
    var verdicts = [Verdict](repeating: .stays, count: items.count)
    var left = items.reduce(Int64(0)) { $0 + $1.byteCount }
    for index in items.indices.sorted(by: { items[$0].used < items[$1].used }) {
      let verdict: Verdict
      if let seconds, now.seconds - items[index].used.seconds > seconds {
        verdict = .tooOld
      } else if let byteCount, left > byteCount {
        verdict = .tooMuch
      } else {
        continue
      }
      if let reason = items[index].reasonToStay {
        verdicts[index] = .mustStay(reason)
      } else {
        verdicts[index] = verdict
        left -= items[index].byteCount
      }
    }
    return verdicts
  }
}

extension CollectionPolicy.Verdict {
  /// Whether it goes.
  package var isRemoval: Bool { self == .tooOld || self == .tooMuch }
}

/// A session, as the policy sees it.
package struct CollectableSession: Collectable, Hashable, Sendable {
  package let name: String
  package let used: Timestamp
  package let byteCount: Int64
  package let isRunning: Bool
  package let hasUnappliedWork: Bool

  /// A session by what its catalogue, its size and its plan say.
  package init(
    name: String, used: Timestamp, byteCount: Int64, isRunning: Bool, hasUnappliedWork: Bool
  ) {
    self.name = name
    self.used = used
    self.byteCount = byteCount
    self.isRunning = isRunning
    self.hasUnappliedWork = hasUnappliedWork
  }

  package var reasonToStay: String? {
    if isRunning { return "it is running" }
    return hasUnappliedWork ? "it holds unapplied work" : nil
  }
}
