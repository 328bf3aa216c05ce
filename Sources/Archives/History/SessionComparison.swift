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
  package init(_ sessions: [(reader: SessionReader, root: Root)], lower: Descriptor) throws {
    let files = LowerFiles(lower)
    var table: [ByteString: [State?]] = [:]
    for (index, session) in sessions.enumerated() {
      let contents = ViewContents(reader: session.reader, lower: files)
      try LayerWalk(session.reader, root: session.root, at: nil, lower: files) { entry in
        for (path, state) in try Self.states(of: entry, files, contents) {
          let isChange = try state != Self.state(at: path, files, contents)
          if !isChange, table[path] == nil { continue }
          table[path, default: Array(repeating: nil, count: sessions.count)][index] =
            isChange ? state : nil
        }
      }.run()
    }
    rows = table.filter { $0.value.contains { $0 != nil } }.sorted { $0.key < $1.key }.map {
      Row(path: $0.key, states: $0.value)
    }
  }

  /// What an entry says of which paths; what comes back into a hidden directory comes later.
  private static func states(of entry: LayerEntry, _ files: LowerFiles, _ contents: ViewContents)
    throws -> [(ByteString, State)]
  {
    switch entry {
    case .whiteout(let path): [(path, .gone)]
    case .opaque(let path): try files.pathsBelow(path).map { ($0, .gone) }
    case .item(let item): [(item.path, try state(of: item, contents))]
    }
  }

  private static func state(of item: ViewItem, _ contents: ViewContents) throws -> State {
    var hash = SHA256()
    switch item.kind {
    case .regular: try contents.forEachChunk(of: item) { hash.update($0) }
    case .symlink: hash.update(item.target?.bytes ?? [])
    default: break
    }
    return .there(kind: item.kind, permissions: item.permissions, digest: hash.finish())
  }

  /// What the project has.
  private static func state(at path: ByteString, _ files: LowerFiles, _ contents: ViewContents)
    throws -> State
  {
    guard let status = try files.status(path) else { return .gone }
    var item = ViewItem(path: path, status: status, origin: path)
    if item.kind == .symlink { item.target = try files.target(path) }
    return try state(of: item, contents)
  }
}
