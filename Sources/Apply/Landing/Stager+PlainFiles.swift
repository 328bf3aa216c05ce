import Changes
import Linux
import Synchronization

// Many plain files, which are most of a node_modules: two hands make them.
extension Stager {
  /// Makes plain files, by two hands where they are many.
  mutating func makePlain(
    _ items: [Schedule.Item], isCancelled: () -> Bool, progress: (Int) -> Void
  ) throws {
    let pile = Pile(items)
    guard items.count >= Self.manyItems else {
      return try take(from: pile, isCancelled: isCancelled, progress: progress)
    }
    let helper = Helper(self)
    let thread = try attempt("start a thread") { () throws(Errno) in
      try Thread.start { helper.work(on: pile) }
    }
    do {
      try take(from: pile, isCancelled: isCancelled, progress: progress)
    } catch {
      pile.clear()
      thread.join()
      throw error
    }
    thread.join()
    if let failure = helper.failure { throw failure }
    refusals += helper.stager.refusals
  }

  private mutating func take(
    from pile: Pile, isCancelled: () -> Bool = { false }, progress: (Int) -> Void = { _ in }
  ) throws {
    while let part = pile.next() {
      if isCancelled() { throw Cancellation() }
      progress(part.startIndex)
      for item in part { try make(item) }
    }
  }

  /// From so many on a second hand is worth its start.
  private static let manyItems = 1024

  /// Items of which several threads take parts.
  private final class Pile: @unchecked Sendable {
    // Invariant: `items` never changes.
    private let items: [Schedule.Item]
    private let taken = Atomic(0)

    private static let part = 64

    init(_ items: [Schedule.Item]) { self.items = items }

    func next() -> ArraySlice<Schedule.Item>? {
      let start = taken.add(Self.part, ordering: .relaxed).oldValue
      return start < items.count ? items[start..<min(start + Self.part, items.count)] : nil
    }

    /// Leaves the rest unmade.
    func clear() { taken.store(items.count, ordering: .relaxed) }
  }

  /// A second hand, which shares with the first only what opens the session's objects.
  private final class Helper: @unchecked Sendable {
    // Invariant: used by the thread alone, and once that has ended.
    private(set) var stager: Stager
    private(set) var failure: (any Error)?

    init(_ stager: Stager) {
      self.stager = Stager(stages: stager.stages, contents: stager.contents)
    }

    func work(on pile: Pile) {
      do { try stager.take(from: pile) } catch {
        failure = error
        pile.clear()
      }
    }
  }
}

extension Schedule.Item {
  /// Whether it is a small new file of one object, or empty, with nothing but an owner, a mode and a
  /// time: neither the lower nor any other item is needed to make it.
  var isPlain: Bool {
    guard case .new(let change) = source, let new = change.new, new.kind == .regular,
      new.size <= Stager.smallSize, new.attributes?.isEmpty ?? true,
      change.kind == .added || change.isReplacement
    else { return false }
    switch change.newContent {
    case .object, .zeros: return true
    default: return false
    }
  }

  /// Whether it is a further name of another item.
  var isLink: Bool {
    if case .linkToItem = source { return true }
    return false
  }
}
