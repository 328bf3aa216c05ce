import Linux

/// An object that was just made, open for writing.
package struct NewObject: ~Copyable {
  package let id: ObjectID
  package let file: OwnedDescriptor

  /// The open file alone.
  package consuming func takeFile() -> OwnedDescriptor { file }
}

/// Empty objects that wait for their content.
///
/// Making a file costs what the host's file system makes of it, up to 0.6 ms where many were
/// deleted shortly before; so they are made ahead, and what is dead is emptied and used again.
final class SpareObjects: @unchecked Sendable {
  // Invariant: everything is guarded by `lock`.
  private let lock = Lock()
  private var ready: [ObjectID] = []
  /// How many were taken since the last refill: nobody fills a store that only reads.
  private var taken = 0
  /// How many there shall be after this refill: twice what was used up until the last one.
  private var wanted = 0
  /// Whether a name was made since the directories were last made durable.
  private var hasNewNames = false

  private static let most = 4096
  private static let mostAhead = 1024

  /// A spare, or nil when there is none.
  func take(_ files: borrowing SessionFiles) throws(Errno) -> NewObject? {
    let id = lock.with { () -> ObjectID? in
      taken += 1
      return ready.popLast()
    }
    guard let id else { return nil }
    return NewObject(id: id, file: try files.openObject(id, .readWrite))
  }

  /// Begins a refill, for what was taken since the last.
  func beginRefill() {
    lock.with {
      wanted = min(2 * taken, Self.mostAhead)
      taken = 0
    }
  }

  /// Whether more should be made now.
  var isWanted: Bool { lock.with { ready.count < wanted } }

  func add(_ id: ObjectID) { lock.with { ready.append(id) } }

  /// Says that the store has a new file.
  func noteName() { lock.with { hasNewNames = true } }

  /// Whether the directories must be made durable, asked once for what came before.
  func takeNewNames() -> Bool {
    lock.with {
      defer { hasNewNames = false }
      return hasNewNames
    }
  }

  /// Empties a dead object for its next use, or removes it when there are enough.
  func recycle(_ id: ObjectID, _ files: borrowing SessionFiles) {
    let isWanted = lock.with { ready.count < Self.most }
    do throws(Errno) {
      guard isWanted else { return try files.removeObject(id) }
      let file = try files.openObject(id, .readWrite)
      try file.borrowed.truncate(to: 0)
      add(id)
    } catch {
      // A dead object that can't be emptied or removed costs space until gc, nothing else.
    }
  }

  /// Removes all spares, when a session comes to rest.
  func removeAll(_ files: borrowing SessionFiles) {
    for id in lock.with({ () -> [ObjectID] in
      defer { ready = [] }
      return ready
    }) {
      // As above: a file that stays costs its name.
      try? files.removeObject(id)
    }
  }
}
