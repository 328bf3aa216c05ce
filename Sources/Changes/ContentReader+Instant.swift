import Linux
import Store

extension ContentReader {
  /// The changes whose content was written since the session was read.
  ///
  /// What was read of them is of no one instant, everything else is as it was then. `later` is a
  /// reading of the session that begins after all content was read, and after all writes before it
  /// have reached the objects.
  package func changed(in plan: Plan, since later: SessionReader) throws -> [Change] {
    let (then, now) = (try reader.tree(), try later.tree())
    return plan.changes.filter { change in
      guard let id = change.node, let object = change.newContent.object else { return false }
      guard let node = now.nodes[id], node == then.nodes[id] else { return true }
      return !isStill(object)
    }
  }

  /// Whether an object is the very file that was opened, unchanged.
  private func isStill(_ object: ObjectID) -> Bool {
    guard let first = opened?[object] else { return true }
    // One that is gone was given up meanwhile.
    guard let file = try? reader.openObject(object), let now = try? file.borrowed.status() else {
      return false
    }
    return first.inode == now.inode && first.size == now.size && first.changed == now.changed
  }
}

extension Content {
  /// The session's object that has the bytes, or some of them.
  fileprivate var object: ObjectID? {
    switch self {
    case .object(let id), .partial(let id, _): id
    case .zeros, .bytes, .lower, .elsewhere: nil
    }
  }
}
