import Changes
import Linux
import Store

/// Which paths several sessions of one project change, and whether to the same.
package struct SessionComparison: Sendable {
  /// What a session leaves at a path.
  package enum State: Hashable, Sendable {
    case gone
    /// The digest is of a file's bytes or a symlink's target.
    case there(kind: FileKind, permissions: UInt16, digest: [UInt8])
  }

  /// One path.
  package struct Row: Sendable {
    package let path: ByteString
    /// What each session leaves there, in the order given; nil: it does not change the path.
    package let states: [State?]

    /// Whether more than one session changes it.
    package var isShared: Bool { states.count { $0 != nil } > 1 }
    /// Whether two sessions leave different things.
    package var isConflict: Bool { Set(states.compactMap { $0 }).count > 1 }
  }

  /// The paths that any session changes, in the order of bytes.
  package let rows: [Row]

  /// Compares the same root of several sessions over the project as it is now.
  ///
  /// What a session only touched, and left as the project has it, is no change.
  package init(_ sessions: [(reader: SessionReader, root: Root)], lower: LowerTree) throws {
    var table: [ByteString: [State?]] = [:]
    for (index, session) in sessions.enumerated() {
      let plan = try Plan(reader: session.reader, root: session.root, lower: lower.root)
      let contents = ContentReader(reader: session.reader, lower: lower)
      func note(_ path: ByteString, _ state: State) {
        table[path, default: Array(repeating: nil, count: sessions.count)][index] = state
      }
      for change in plan.changes {
        if let origin = change.origin, change.kind == .deleted || change.kind == .renamed {
          note(origin, .gone)
          let below = try change.kind == .renamed ? lower.items(below: origin) : change.below
          for item in below { note(origin.appending(item.path), .gone) }
        }
        if let new = change.new, change.kind != .deleted {
          note(change.path, try Self.state(of: new, change.newContent, contents))
        }
      }
    }
    rows = table.sorted { $0.key < $1.key }.map { Row(path: $0.key, states: $0.value) }
  }

  private static func state(of facts: Facts, _ content: Content, _ contents: ContentReader) throws
    -> State
  {
    var digest: [UInt8] = []
    switch facts.kind {
    case .regular: digest = try contents.hash(content, size: facts.size)
    case .symlink: digest = SHA256.digest(facts.target?.bytes ?? [])
    default: break
    }
    return .there(kind: facts.kind, permissions: facts.permissions, digest: digest)
  }
}
