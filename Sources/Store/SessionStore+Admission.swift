import Linux

extension SessionStore {
  /// Refuses a change while the store can't write what it has accepted, or has no reserve left.
  ///
  /// A removal needs next to no space and is what gives space back: it only needs a store that has
  /// written everything.
  package func admit(removal isRemoval: Bool = false) throws(Errno) {
    guard failure != nil else { return }
    tryAgain()
    guard let failure, !(isRemoval && lacksOnlyReserve) else { return }
    throw failure.errno
  }

  /// What was removed may have made room, or somebody else: nothing else would find out.
  private func tryAgain() {
    let hasRemoved = lacksOnlyReserve && tree.lock.with { !tree.pending.isEmpty }
    let isTime = writing.with {
      let now = Timestamp.now.nanoseconds
      guard now - retried > 50_000_000 else { return false }
      retried = now
      return true
    }
    // What still fails is in `failure` afterwards.
    if isTime || hasRemoved { try? flush(durable: false) }
  }
}
