import Changes
import Linux
import Store

extension Application {
  /// Forgets a part of the session's changes, in a step of its own: `undo` brings them back.
  ///
  /// The plan is one that was selected for discarding.
  package func discard(_ part: Plan) throws {
    guard !part.isEmpty else { return }
    let pins = try reader().pins()
    let settlement =
      part.isWhole
      ? Settlement.everything
      : Settlement(
        discarding: part, rest: try plan().rest(without: part), tree: try reader().tree())
    try settlement.settle(
      store, root: root.id, pins: pins, rewritten: try forgotten(in: part), kind: .discard,
      message: "discard")
  }

  /// Removes a whole session with everything in it; one that is in use, or in the middle of an
  /// apply, is refused.
  package static func discardSession(_ name: ByteString, in sessions: Descriptor) throws {
    let directory = try attempt("open the session", name) { () throws(Errno) in
      try sessions.open(name, [.directory, .noFollow])
    }
    let lock = try attempt("lock the session", name) { () throws(Errno) -> OwnedDescriptor in
      let run = try directory.borrowed.open("run", [.directory, .path, .noFollow])
      return try run.borrowed.open("lock", [.readWrite, .create, .noFollow], mode: 0o600)
    }
    let isFree = try attempt("lock the session", name) { () throws(Errno) in
      try lock.borrowed.takeLock()
    }
    guard isFree else { throw StoreError.busy }
    for workspace in try Workspace.all(in: directory.borrowed) where try !workspace.has(.closed) {
      throw ApplyError.unfinished(workspace.number)
    }
    try attempt("remove the session", name) { () throws(Errno) in
      // Out of sight at once: a session that is half removed must not be found.
      let gone = ByteString(Array(".gone-".utf8) + name.bytes)
      try sessions.rename(name, to: sessions, gone)
      try sessions.removeTree(gone)
    }
  }
}
