import Linux

/// The file that holds a whole session: an SQLite database that lives without its directory.
///
/// The tables of the session stand in it as they are. A content is cut into chunks; chunks of zeros
/// are left out. What is in it twice must be the same to the byte, so nothing here tells of the
/// moment or the machine of the export.
enum ArchiveFormat {
  static let version: Int64 = 1
  /// "cowa", SQLite's application_id of an archive.
  static let application: Int64 = 0x636f_7761
  /// How many bytes of a content one row holds at most.
  static let chunkSize = 1 << 16

  static let archive = TableShape("archive", key: ["key"], "key:t value:b")
  static let content = TableShape(
    "content", key: ["kind", "id"], "kind:t id:i size:i hash:b first:i count:i")
  static let chunkCreation =
    "CREATE TABLE \"chunk\" (\"number\" INTEGER PRIMARY KEY, \"start\" INTEGER NOT NULL, "
    + "\"bytes\" BLOB NOT NULL) STRICT"

  /// The tables whose rows the archive's own hash covers; chunks are covered by their content's.
  static let hashed = TableShape.session + [content]
  static let creation =
    (([archive] + hashed).map(\.strictCreation) + [chunkCreation])

  /// What kind of file of the session a content is.
  enum ContentKind: String, CaseIterable {
    case base, log, object
  }
}

/// What was wrong with an archive, so that nothing of it was taken.
package enum ArchiveError: Error, Sendable {
  /// The file is no archive of a session.
  case notAnArchive
  /// The file was written by a newer cowbox.
  case newerFormat(found: Int64, known: Int64)
  /// The archive is damaged, or was never right.
  case damaged(String)
  /// The session lacks content that its rows name.
  case incomplete(String)
  /// There is a session of that name already.
  case exists(ByteString)
}

extension ArchiveError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAnArchive: "the file is no archive of a session"
    case .newerFormat(let found, let known):
      "the archive has format \(found), this cowbox knows up to \(known): use the newer cowbox"
    case .damaged(let words): "the archive is damaged: \(words)"
    case .incomplete(let words): "the session is damaged: \(words); 'cowbox fsck' says more"
    case .exists(let name): "there is a session '\(name.printable)' already"
    }
  }
}

/// The hash of a content: its size, and each chunk that is not zero behind where it begins.
struct ContentHash {
  private var hash = SHA256()

  init(size: Int64) { hash.update(size) }

  mutating func add(_ bytes: UnsafeRawBufferPointer, at start: Int64) {
    hash.update(start)
    hash.update(bytes)
  }

  mutating func finish() -> [UInt8] { hash.finish() }
}
