import Glibc
import Linux

extension SessionReader {
  /// Writes the session with its history into one file, the same bytes for the same session.
  ///
  /// The file appears under its name only when it is whole. `replacing` lets it take the place of
  /// one that is there. Nothing may write the session's objects meanwhile: it rests, or its keeper
  /// has closed the step.
  package func export(to name: ByteString, in directory: Descriptor, replacing: Bool = false)
    throws
  {
    let temporary = ByteString(".cowbox-export-\(try Process.randomBytes(6).hexadecimal)")
    do {
      try write(to: directory.procPath.appending(temporary))
      try attempt("write the archive", name) { () throws(Errno) in
        let file = try directory.open(temporary, [.readWrite, .noFollow])
        try file.borrowed.makeHeaderStable()
        try file.borrowed.seal()
        try file.borrowed.synchronize()
        try directory.rename(temporary, to: directory, name, replacing ? [] : .noReplace)
      }
    } catch {
      // What was written is of no use; the first failure is what matters.
      try? directory.remove(temporary)
      throw error
    }
  }

  private func write(to path: ByteString) throws {
    let writer = try ArchiveWriter(path: path)
    for table in TableShape.session { try writer.copy(table, from: database) }
    for (kind, id) in try contents() {
      guard let file = try openIfThere(kind, id) else {
        if kind == .log { continue }
        throw ArchiveError.incomplete("\(kind.rawValue) \(id) is missing")
      }
      try writer.add(kind, id, file.borrowed)
    }
    try writer.finish()
  }

  private func openIfThere(_ kind: ArchiveFormat.ContentKind, _ id: Int64) throws
    -> OwnedDescriptor?
  {
    do throws(Errno) { return try open(kind, id) } catch .noEntry { return nil } catch {
      throw SystemError("export the session's \(kind.rawValue)", ByteString("\(id)"), error)
    }
  }

  /// The files that the session's rows name, in order.
  private func contents() throws(StoreError) -> [(ArchiveFormat.ContentKind, Int64)] {
    let bases = try database.integers(
      "SELECT DISTINCT base FROM pin WHERE base NOT NULL ORDER BY base")
    let objects = try database.integers(
      "SELECT DISTINCT object FROM node WHERE object NOT NULL ORDER BY object")
    return bases.map { (.base, $0) } + [(.log, 0)] + objects.map { (.object, $0) }
  }

  private func open(_ kind: ArchiveFormat.ContentKind, _ id: Int64) throws(Errno)
    -> OwnedDescriptor
  {
    switch kind {
    case .base: try openBase(ObjectID(id))
    case .object: try openObject(ObjectID(id))
    case .log: try files.directory.borrowed.open("log.jsonl", [.noFollow])
    }
  }
}

extension Descriptor {
  /// Fixes the fields of a database's header that count writes and name SQLite's version.
  ///
  /// The change counter is at 24, "version valid for" at 92 must equal it, the version of SQLite
  /// that wrote last is at 96; see "Database File Format" of SQLite, 1.3.
  fileprivate func makeHeaderStable() throws(Errno) {
    for (offset, number) in [(24, 1), (92, 1), (96, 3_037_000)] as [(Int64, UInt32)] {
      let bytes = withUnsafeBytes(of: number.bigEndian) { Array($0) }
      try bytes.withUnsafeBufferPointer { bytes throws(Errno) in
        try write(UnsafeRawBufferPointer(bytes), at: offset)
      }
    }
  }
}
