import Linux

/// Writes one archive.
final class ArchiveWriter {
  private let database: Database
  private var chunks: Int64 = 0
  private let room = UnsafeMutableRawBufferPointer.allocate(
    byteCount: ArchiveFormat.chunkSize, alignment: 16)

  /// Begins an archive in a file that does not exist yet.
  init(path: ByteString) throws(StoreError) {
    database = try Database(path: path, mode: .create)
    // Without a journal nothing but the rows' order decides what the pages hold.
    try database.execute(
      """
      PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE; PRAGMA encoding = 'UTF-8';
      PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON; BEGIN;
      PRAGMA application_id = \(ArchiveFormat.application);
      PRAGMA user_version = \(ArchiveFormat.version);
      """)
    for table in ArchiveFormat.creation { try database.execute(table) }
  }

  deinit { room.deallocate() }

  /// Copies a table of the session.
  func copy(_ table: TableShape, from source: Database) throws(StoreError) {
    try table.copy(from: source, to: database)
  }

  /// Takes in the bytes of a file.
  func add(_ kind: ArchiveFormat.ContentKind, _ id: Int64, _ file: Descriptor) throws(StoreError) {
    let first = chunks + 1
    let size = try system(kind, id) { () throws(Errno) in try file.status().size }
    var hash = ContentHash(size: size)
    var offset: Int64 = 0
    while let extent = try system(
      kind, id,
      { () throws(Errno) in
        try file.dataExtent(from: offset, limit: size)
      })
    {
      // Chunks begin at multiples of their size, however the file's holes lie.
      offset = max(offset, extent.lowerBound / Int64(room.count) * Int64(room.count))
      while offset < extent.upperBound {
        let wanted = Int(min(Int64(room.count), size - offset))
        let part = UnsafeMutableRawBufferPointer(rebasing: room[..<wanted])
        let count = try system(kind, id) { () throws(Errno) in
          try file.readFully(into: part, at: offset)
        }
        guard count == wanted else {
          throw .damaged("the session's \(kind.rawValue) \(id) changed while it was read")
        }
        try add(UnsafeRawBufferPointer(part), at: offset, &hash)
        offset += Int64(count)
      }
    }
    let row = try database.statement(ArchiveFormat.content.insertion)
    row.bind(1, kind.rawValue)
    row.bind(2, id)
    row.bind(3, size)
    row.bind(4, hash.finish())
    row.bind(5, first)
    row.bind(6, chunks + 1 - first)
    try row.run()
  }

  private func add(_ bytes: UnsafeRawBufferPointer, at start: Int64, _ hash: inout ContentHash)
    throws(StoreError)
  {
    guard !bytes.isZero else { return }
    hash.add(bytes, at: start)
    chunks += 1
    let row = try database.statement("INSERT INTO chunk (number, start, bytes) VALUES (?,?,?)")
    row.bind(1, chunks)
    row.bind(2, start)
    row.bind(3, bytes)
    try row.run()
  }

  private func system<Result>(
    _ kind: ArchiveFormat.ContentKind, _ id: Int64, _ call: () throws(Errno) -> Result
  ) throws(StoreError) -> Result {
    do { return try call() } catch {
      throw .system(SystemError("read the session's \(kind.rawValue)", ByteString("\(id)"), error))
    }
  }

  /// Ends the archive: its own hash is its last row.
  func finish() throws(StoreError) {
    let row = try database.statement(ArchiveFormat.archive.insertion)
    row.bind(1, "hash")
    row.bind(2, try database.archiveHash())
    try row.run()
    try database.execute("COMMIT")
  }
}

extension TableShape {
  /// Copies every row to the table of the same name in another database, in the key's order.
  func copy(from source: Database, to target: Database) throws(StoreError) {
    let rows = try source.statement(selection)
    defer { rows.reset() }
    let row = try target.statement(insertion)
    while try rows.step() {
      row.bind(row: rows, count: columns.count)
      try row.run()
    }
  }
}

extension Database {
  /// The hash of all rows that an archive is made of.
  func archiveHash() throws(StoreError) -> [UInt8] {
    var hash = SHA256()
    for table in ArchiveFormat.hashed {
      hash.update(Array(table.name.utf8))
      let rows = try statement(table.selection)
      defer { rows.reset() }
      while try rows.step() { rows.add(to: &hash, count: table.columns.count) }
    }
    return hash.finish()
  }
}

extension UnsafeRawBufferPointer {
  /// Whether every byte is zero.
  var isZero: Bool {
    var at = 0
    while at + 8 <= count {
      if loadUnaligned(fromByteOffset: at, as: UInt64.self) != 0 { return false }
      at += 8
    }
    return self[at...].allSatisfy { $0 == 0 }
  }
}
