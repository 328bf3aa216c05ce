import Linux
import Store

/// One entry of the plan: what has to be done to one path of the lower.
package struct Change: Sendable {
  /// What is done.
  package enum Kind: String, Sendable, CaseIterable {
    case deleted, added, modified, renamed
  }

  package var kind: Kind
  /// Where the session has it; for a deletion, where it would be.
  package var path: ByteString
  /// Where the lower has what is deleted, modified or renamed.
  package var origin: ByteString?
  /// Which path of the lower the place stands on; nil below a directory that the session made.
  package var base: ByteString?
  package var old: Facts?
  package var new: Facts?
  package var oldContent: Content = .zeros
  package var newContent: Content = .zeros
  package var differences: Differences = []
  /// What a renamed file takes the place of, which is at `base`.
  package var replaced: Facts?
  /// Everything below a deleted directory, in the order of paths.
  package var below: [TreeItem] = []
  /// The first name of a hard-linked file of which this is a further one.
  package var linkedTo: ByteString?
  /// Whether the lower's inode is kept, because names that the session doesn't know lead to it.
  package var keepsInode = false
  /// How many names lead to the inode, where the session does not know all of them.
  package var nameCount: Int?
  /// Whether the session took the path away, while names that it doesn't know lead to the inode.
  package var isNameless = false
  /// Whether the content is that of another inode than the lower's.
  package var isReplacement = false
  /// Whether only some of the session's change is meant, and the rest of it stays.
  package var isPart = false
  package var node: NodeID?
  /// Where the session kept what the lower's inode was, if not at the origin.
  package var pinnedAt: ByteString?
  /// Where the session's tree says so; nil for what an opaque directory hides without a row.
  package var entry: EntryKey?
  /// Where the session's tree hides what was renamed.
  package var source: EntryKey?

  init(_ kind: Kind, path: ByteString) {
    self.kind = kind
    self.path = path
  }

  /// The name of this entry, the same in every run: no two entries of a plan share it.
  package var key: ByteString { ByteString(Array(kind.rawValue.utf8) + [0x3A] + path.bytes) }

  /// What kind of file the change is about.
  package var fileKind: FileKind { (new ?? old)?.kind ?? .regular }

  /// Whether only the mode, owner or extended attributes differ.
  package var isAttributesOnly: Bool {
    kind == .modified && !differences.contains(.content) && !differences.isEmpty
  }
}

/// A name in a directory of the session's tree.
package struct EntryKey: Hashable, Sendable {
  package let parent: NodeID
  package let name: ByteString

  /// A name of a directory.
  package init(parent: NodeID, name: ByteString) {
    self.parent = parent
    self.name = name
  }
}

/// Something below a directory of the lower.
package struct TreeItem: Hashable, Sendable {
  /// Relative to the directory.
  package let path: ByteString
  package let facts: Facts
  package let inode: UInt64
}

extension Change {
  /// The order of a plan: deletions first, then the order of bytes.
  static func precedes(_ left: Change, _ right: Change) -> Bool {
    let (leftIsDeleted, rightIsDeleted) = (left.kind == .deleted, right.kind == .deleted)
    if leftIsDeleted != rightIsDeleted { return leftIsDeleted }
    if left.path != right.path { return left.path < right.path }
    return left.kind.rawValue < right.kind.rawValue
  }
}
