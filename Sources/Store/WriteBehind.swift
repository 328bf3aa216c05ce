import Linux

/// The thread that writes what the tree has changed, at latest 100 ms after the first change.
package final class WriteBehind: @unchecked Sendable {
  // Invariant: `isWanted` and `isOver` are guarded by `condition`.
  private let store: SessionStore
  private let condition = Condition()
  private var isWanted = false
  private var isOver = false
  private var thread: Thread?
  private let delay: Int64 = 100_000_000

  /// Starts the thread.
  package init(_ store: SessionStore) throws(Errno) {
    self.store = store
    store.tree.lock.with { store.tree.whenDirty = { [unowned self] in want() } }
    thread = try Thread.start { [unowned self] in run() }
  }

  private func want() {
    condition.lock()
    if !isWanted {
      isWanted = true
      condition.wake()
    }
    condition.unlock()
  }

  private func run() {
    while true {
      condition.lock()
      while !isWanted && !isOver { condition.wait() }
      if !isOver { condition.wait(atMost: delay) }
      let isLast = isOver
      isWanted = false
      condition.unlock()
      if isLast { return }
      store.refillSpares()
      do { try store.flush(durable: false) } catch {
        // The store keeps the batch and refuses changes until it was written: try again later.
        want()
      }
    }
  }

  /// Ends the thread; what is left is written by whoever ends the session.
  package func stop() {
    condition.change { isOver = true }
    thread?.join()
    thread = nil
    store.tree.lock.with { store.tree.whenDirty = {} }
  }
}
