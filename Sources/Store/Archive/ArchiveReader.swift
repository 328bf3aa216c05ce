import Glibc
import Linux

/// Reads one archive, and believes nothing of it that it has not checked.
final class ArchiveReader {
  let database: Database
  // SQLite opens the file through this descriptor's path.
  private let file: Descriptor

  /// Opens an archive; the descriptor must outlive this.
  init(_ file: Descriptor) throws {
    self.file = file
    // SQLite takes an empty file for an empty database.
    guard try file.beginsLikeSQLite() else { throw ArchiveError.notAnArchive }
    let path = ByteString("file:/proc/self/fd/\(file.raw)?immutable=1")
    database = try Database(path: path, mode: .immutable)
    try database.execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    guard try database.integer("PRAGMA application_id") == ArchiveFormat.application else {
      throw ArchiveError.notAnArchive
    }
    let version = try database.integer("PRAGMA user_version") ?? 0
    guard version <= ArchiveFormat.version else {
      throw ArchiveError.newerFormat(found: version, known: ArchiveFormat.version)
    }
  }

  /// Checks everything but the contents' bytes, which are checked while they are copied.
  func check() throws {
    let isSealed = try attempt("read the archive") { () throws(Errno) in try file.isSealed() }
    guard isSealed else {
      throw ArchiveError.damaged("its bytes are not those that were written")
    }
    let problems = try database.integrityProblems()
    if let first = problems.first { throw ArchiveError.damaged(first) }
    try checkTables()
    guard try database.archiveHash() == storedHash() else {
      throw ArchiveError.damaged("its rows are not those that were written")
    }
    try checkRoots()
    try checkWords()
    if let first = try database.checkRows(repairing: false).first {
      throw ArchiveError.damaged(first.words)
    }
    try checkContents()
  }

  /// Nothing but our tables may be there: no trigger, no view, nothing that acts when it is read.
  private func checkTables() throws {
    let rows = try database.statement(
      "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_autoindex_%' ORDER BY rowid")
    defer { rows.reset() }
    var found: [String] = []
    while try rows.step() { found.append(rows.text(0)) }
    guard found == ArchiveFormat.creation else {
      throw ArchiveError.damaged("its tables are not those of an archive")
    }
  }

  private func storedHash() throws -> [UInt8] {
    let row = try database.statement("SELECT value FROM archive WHERE key = 'hash'")
    defer { row.reset() }
    return try row.step() ? row.bytes(0) : []
  }

  private func checkRoots() throws {
    let roots = try database.roots()
    if roots.isEmpty { throw ArchiveError.damaged("it has no root") }
    for root in roots {
      let path = root.path.bytes
      let isAbsolute = path.first == UInt8(ascii: "/")
      guard root.id > 0, isAbsolute, path.count == 1 || PathCheck.staysBeneath(Array(path[1...]))
      else { throw ArchiveError.damaged("root \(root.id) is no absolute path") }
    }
  }

  /// Words from a fixed list must be of it; meta holds only what a session has.
  private func checkWords() throws {
    let kinds = try database.statement("SELECT DISTINCT kind FROM step")
    defer { kinds.reset() }
    while try kinds.step() {
      if Step.Kind(rawValue: kinds.text(0)) != nil { continue }
      throw ArchiveError.damaged("a step is of the kind '\(ByteString(kinds.bytes(0)).printable)'")
    }
    let strangers = try database.integer(
      """
      SELECT count(*) FROM meta WHERE NOT (
        (key IN ('next_node', 'next_object', 'branched_step', 'committed_step') AND typeof(value) = 'integer')
        OR (key = 'branched_session' AND typeof(value) = 'text')
        OR (key GLOB 'lost_[0-9]*' AND typeof(value) = 'integer'))
      """)
    if strangers != 0 { throw ArchiveError.damaged("it says something unknown of the session") }
    if try database.integer("SELECT count(*) FROM archive") != 1 {
      throw ArchiveError.damaged("it says something unknown of itself")
    }
  }

  /// Each content that a row names is there, of a right size, with all its chunks, and no other.
  private func checkContents() throws {
    let checks = [
      (
        "content of unknown kind",
        "SELECT count(*) FROM content WHERE size < 0 OR id < 0 "
          + "OR length(hash) != 32 OR kind NOT IN ('base', 'object', 'log')"
      ),
      (
        "content that no row names",
        "SELECT count(*) FROM content WHERE "
          + "(kind = 'object' AND id NOT IN (SELECT object FROM node WHERE object NOT NULL)) OR "
          + "(kind = 'base' AND id NOT IN (SELECT base FROM pin WHERE base NOT NULL)) OR "
          + "(kind = 'log' AND id != 0)"
      ),
      (
        "an object missing",
        "SELECT count(*) FROM node WHERE object NOT NULL AND object NOT IN "
          + "(SELECT id FROM content WHERE kind = 'object')"
      ),
      (
        "kept content missing",
        "SELECT count(*) FROM pin WHERE base NOT NULL AND base NOT IN "
          + "(SELECT id FROM content WHERE kind = 'base')"
      ),
      (
        "an object shorter than its file",
        "SELECT count(*) FROM node JOIN content c "
          + "ON c.kind = 'object' AND c.id = object WHERE c.size < node.size"
      ),
      (
        "chunks of nothing",
        "SELECT (SELECT count(*) FROM chunk) "
          + "!= (SELECT coalesce(sum(count), 0) FROM content)"
      ),
    ]
    for (words, check) in checks where try database.integer(check) != 0 {
      throw ArchiveError.damaged("it has \(words)")
    }
  }

  /// One content as the archive lists it.
  struct Content {
    let kind: ArchiveFormat.ContentKind
    let id: Int64
    let size: Int64
    let hash: [UInt8]
    let chunks: Range<Int64>
  }

  /// Calls `body` with every content, in order.
  func forEachContent(_ body: (Content) throws -> Void) throws {
    let rows = try database.statement(ArchiveFormat.content.selection)
    defer { rows.reset() }
    var next: Int64 = 1
    while try rows.step() {
      guard let kind = ArchiveFormat.ContentKind(rawValue: rows.text(0)), rows.integer(4) == next,
        rows.integer(5) >= 0, rows.integer(5) < 1 << 47
      else { throw ArchiveError.damaged("a content's chunks are not in order") }
      next += rows.integer(5)
      try body(
        Content(
          kind: kind, id: rows.integer(1), size: rows.integer(2), hash: rows.bytes(3),
          chunks: rows.integer(4)..<next))
    }
  }

  /// Writes a content into an empty file, and checks every byte of it.
  func extract(_ content: Content, to file: Descriptor) throws {
    let rows = try database.statement(
      "SELECT start, bytes FROM chunk WHERE number >= ? AND number < ? ORDER BY number")
    rows.bind(1, content.chunks.lowerBound)
    rows.bind(2, content.chunks.upperBound)
    defer { rows.reset() }
    var hash = ContentHash(size: content.size)
    var least: Int64 = 0
    while try rows.step() {
      let start = rows.integer(0)
      let failure: Errno? = rows.withBytes(1) { bytes in
        guard start >= least, start % Int64(ArchiveFormat.chunkSize) == 0, !bytes.isEmpty,
          bytes.count <= ArchiveFormat.chunkSize, start <= content.size - Int64(bytes.count)
        else { return .invalid }
        hash.add(bytes, at: start)
        least = start + Int64(bytes.count)
        do throws(Errno) { try file.write(bytes, at: start) } catch { return error }
        return nil
      }
      if failure == .invalid { throw ArchiveError.damaged("a chunk is not where it may be") }
      if let failure { throw SystemError("write a session's content", nil, failure) }
    }
    guard hash.finish() == content.hash else {
      throw ArchiveError.damaged("\(content.kind.rawValue) \(content.id) is not what was written")
    }
    try attempt("write a session's content") { () throws(Errno) in
      try file.truncate(to: content.size)
    }
  }
}

extension Descriptor {
  fileprivate func beginsLikeSQLite() throws -> Bool {
    try attempt("read the archive") { () throws(Errno) in
      guard try status().kind == .regular else { return false }
      var head = [UInt8](repeating: 0, count: 16)
      let count = try head.withUnsafeMutableBufferPointer { head throws(Errno) in
        try readFully(into: UnsafeMutableRawBufferPointer(head), at: 0)
      }
      return count == 16 && head == Array("SQLite format 3\0".utf8)
    }
  }
}
