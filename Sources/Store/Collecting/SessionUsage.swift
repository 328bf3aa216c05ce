import Linux

/// How much of the disk a session takes, by what it is for.
package struct SessionUsage: Hashable, Sendable {
  /// Content of changed files that no other session shares.
  package var objects: Int64 = 0
  /// Content that a branch has as well: removing the session frees none of it.
  package var shared: Int64 = 0
  /// Kept content of the project, for merging.
  package var bases: Int64 = 0
  package var database: Int64 = 0
  /// What applies replaced, kept for taking them back.
  package var kept: Int64 = 0
  /// Everything else: the log, the lock.
  package var other: Int64 = 0
  package var fileCount = 0

  /// What removing the session frees.
  package var total: Int64 { objects + bases + database + kept + other }

  /// Measures a session, running or not.
  package static func measure(_ session: Descriptor) throws(SystemError) -> SessionUsage {
    var usage = SessionUsage()
    do throws(Errno) {
      try usage.add(session, isTop: true, to: \.other)
      for content in try SharedContent.all(of: session) { try usage.add(content) }
    } catch {
      throw SystemError("measure the session", nil, error)
    }
    return usage
  }

  private mutating func add(
    _ directory: Descriptor, isTop: Bool, to place: WritableKeyPath<SessionUsage, Int64>
  ) throws(Errno) {
    for name in try directory.entryNames() {
      let status: FileStatus
      do { status = try directory.status(of: name) } catch .noEntry {
        continue  // A keeper that runs has removed it meanwhile.
      }
      let place = isTop ? Self.place(of: name) : place
      if status.kind == .directory {
        let inner = try directory.open(name, [.directory, .noFollow])
        try add(inner.borrowed, isTop: false, to: place)
        continue
      }
      fileCount += 1
      let isShared = status.linkCount > 1 && (place == \.objects || place == \.bases)
      self[keyPath: isShared ? \.shared : place] += Int64(status.raw.st_blocks) * 512
    }
  }

  /// What is shared with a session that is gone is this one's alone.
  private mutating func add(_ content: SharedContent) throws(Errno) {
    let isAlone = content.userCount == 1
    try add(content.objects.borrowed, isTop: false, to: isAlone ? \.objects : \.shared)
    try add(content.bases.borrowed, isTop: false, to: isAlone ? \.bases : \.shared)
  }

  private static func place(of name: ByteString) -> WritableKeyPath<SessionUsage, Int64> {
    switch name {
    case "objects": \.objects
    case "base": \.bases
    case "apply": \.kept
    case _ where name.bytes.starts(with: "session.db".utf8): \.database
    default: \.other
    }
  }
}

extension SessionReader {
  /// Whether the session holds no change of any kind at present.
  package func isUnchanged() throws(StoreError) -> Bool {
    let both = NodeFlags([.lowerAttributes, .lowerExtendedAttributes]).rawValue
    return try database.integer(
      """
      SELECT EXISTS (SELECT 1 FROM entry WHERE to_step IS NULL)
        OR EXISTS (SELECT 1 FROM node JOIN root ON root.id = node.id
          WHERE to_step IS NULL AND flags & \(both) != \(both))
      """) == 0
  }
}
