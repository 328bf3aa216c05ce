import Linux
import Store

/// What a file, directory, symlink or special file is, apart from its content.
package struct Facts: Hashable, Sendable {
  package var kind: FileKind
  package var permissions: UInt16
  package var owner: UInt32
  package var group: UInt32
  package var size: Int64
  package var modified: Timestamp
  /// The device that a device node stands for.
  package var device: UInt64
  /// What a symlink points to.
  package var target: ByteString?
  /// The extended attributes that belong to the user, where they were asked for.
  package var attributes: [ByteString: [UInt8]]?

  /// What a status tells.
  package init(_ status: FileStatus, target: ByteString? = nil) {
    kind = status.kind
    permissions = UInt16(status.permissions)
    owner = status.owner
    group = status.group
    size = status.size
    modified = status.modified
    device = UInt64(status.raw.st_rdev)
    self.target = target
  }

  /// What the session's own row tells.
  package init(_ node: Node) {
    kind = node.kind
    permissions = node.permissions
    owner = node.owner
    group = node.group
    size = node.size
    modified = node.modified
    device = node.device
    target = node.target
  }

  /// What a view shows; attributes come with it.
  package init(_ item: ViewItem) {
    kind = item.kind
    permissions = item.permissions
    owner = item.owner
    group = item.group
    size = item.size
    modified = item.modified
    device = item.device
    target = item.target
    attributes = item.attributes.filter { $0.key.isCarriedAttribute }
  }

  /// Whether git keeps a file of this kind.
  package var isTracked: Bool { kind == .regular || kind == .symlink }

  /// The mode as git writes it; git knows two for files and one for symlinks.
  package var gitMode: String {
    switch kind {
    case .symlink: "120000"
    default: permissions & 0o100 != 0 ? "100755" : "100644"
    }
  }
}

/// In what a changed thing differs from the lower's.
package struct Differences: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  /// Differences by their bits.
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The bytes of a file, the target of a symlink, the number of a device.
  package static let content = Differences(rawValue: 1)
  package static let permissions = Differences(rawValue: 2)
  package static let owner = Differences(rawValue: 4)
  package static let attributes = Differences(rawValue: 8)

  /// The names, in a fixed order.
  package var names: [String] {
    let all: [(Differences, String)] = [
      (.content, "content"), (.permissions, "mode"), (.owner, "owner"), (.attributes, "xattr"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}

/// Where the bytes of one side of a change are.
package enum Content: Hashable, Sendable {
  /// No bytes, or only a hole.
  case zeros
  /// The lower's file at a path.
  case lower(ByteString)
  /// A whole object of the session.
  case object(ObjectID)
  /// An object that holds some ranges; the rest is the lower's at the path.
  case partial(ObjectID, over: ByteString)
  /// Bytes that are here: a symlink's target, or a selection of hunks.
  case bytes([UInt8])
  /// What another session has, with which this one is compared.
  indirect case elsewhere(Content)
}
