import Changes
import Linux

/// A numbered place in a stage: a directory beside the targets, on their file system.
struct Slot: Hashable {
  let stage: Int
  let number: Int

  var name: ByteString { ByteString(String(number)) }
}

/// The mode, owner, time and extended attributes of one file.
struct Metadata: Equatable {
  var permissions: UInt16?
  var owner: UInt32
  var group: UInt32
  var modified: Timestamp?
  /// nil: they stay as they are.
  var attributes: [ByteString: [UInt8]]?
}

/// What a file must be when an operation meets it; anything else is a change of the host's.
struct Expected: Equatable {
  var inode: UInt64
  var size: Int64
  var modified: Timestamp
  var isDirectory: Bool

  init(inode: UInt64, size: Int64, modified: Timestamp, isDirectory: Bool) {
    self.inode = inode
    self.size = size
    self.modified = modified
    self.isDirectory = isDirectory
  }

  /// Something as it landed, or as it is now.
  init(_ item: LandedState.Item) {
    self.init(
      inode: item.inode, size: item.size, modified: Timestamp(nanoseconds: item.modified),
      isDirectory: item.kind == FileKind.directory.rawValue)
  }

  /// Something that is still to be made.
  static let unknown = Expected(
    inode: 0, size: 0, modified: Timestamp(nanoseconds: 0), isDirectory: false)

  init(_ status: FileStatus) {
    inode = status.inode
    isDirectory = status.kind == .directory
    // A directory's own size and time move with what is taken out of it before.
    size = isDirectory ? 0 : status.size
    modified = isDirectory ? Timestamp(nanoseconds: 0) : status.modified
  }
}

/// One atomic step of an apply.
///
/// Whether a step was done can be told from its slot alone, which nobody else touches: that is what
/// makes every prefix of the list recoverable in both directions.
enum Operation: Equatable {
  /// Moves what is at the path into the empty slot.
  case take(Slot, ByteString, Expected)
  /// Moves what is in the slot to the path, where nothing is.
  case put(Slot, ByteString, held: Expected)
  /// Lets the slot, and the path change places.
  case swap(Slot, ByteString, held: Expected, Expected)
  /// Writes the slot's content into the file at the path; the old content is in the other slot.
  case overwrite(new: Slot, old: Slot, ByteString, inode: UInt64)
  /// Sets what the file at the path says about itself.
  case attributes(ByteString, inode: UInt64, old: Metadata, new: Metadata)

  var path: ByteString {
    switch self {
    case .take(_, let path, _), .put(_, let path, _), .swap(_, let path, _, _),
      .overwrite(_, _, let path, _), .attributes(let path, _, _, _):
      path
    }
  }
}

/// A directory and the time that it shall show.
struct DirectoryTime: Equatable {
  let path: ByteString
  let modified: Timestamp
}
