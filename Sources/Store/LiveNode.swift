import Linux

/// A changed node in the keeper's memory; everything in it is guarded by the tree's lock.
package final class LiveNode: @unchecked Sendable {
  // Invariant: read and written only under Tree.lock.
  package var row: Node
  var names = NameTable()
  /// The number of entries that lead here.
  package internal(set) var nameCount = 0
  /// The extended attributes once they are no longer the lower's.
  package var attributes: [ByteString: [UInt8]]?
  /// The directory's default access control list: empty is none, nil is not known yet.
  package var inheritance: [UInt8]?
  /// Which bytes of a partial object are its own.
  package var extents = ExtentMap()
  /// How much of the lower's content still shows in a partial object's gaps.
  package var lowerSize: Int64 = 0
  /// Whether the object may hold bytes behind the end: a file was made shorter, and the database may
  /// not know it yet.
  package var hasTail = false
  /// What the quota counts for the object, and what of it is shared with another file by reflink.
  package internal(set) var chargedBytes: Int64 = 0
  package var sharedBytes: Int64 = 0
  /// Where the overlay keeps the kernel's side of this node; 0 is nowhere.
  package var slot: UInt32 = 0
  /// The step whose row the database has as the present one; 0: none yet.
  var savedStep: Int64 = 0
  var isDirty = false
  var attributesAreDirty = false
  var extentsAreDirty = false
  var isDropped = false

  init(_ row: Node) {
    self.row = row
    if row.flags.contains(.partial) { lowerSize = row.size }
  }

  package var id: NodeID { row.id }

  /// Gives the node one time in place of all that are not earlier than a moment.
  func setClock(_ clock: (since: Timestamp, time: Timestamp)) {
    if row.modified >= clock.since { row.modified = clock.time }
    if row.changed >= clock.since { row.changed = clock.time }
    if row.accessed >= clock.since { row.accessed = clock.time }
  }

  /// Whether the node is part of the present tree.
  package var isInTree: Bool { !isDropped }

  /// A node apart from the tree: what still has an undone file open writes to nothing that lasts.
  package static func ghost(of row: Node, at slot: UInt32) -> LiveNode {
    let node = LiveNode(row)
    node.isDropped = true
    node.slot = slot
    return node
  }
}

extension Tree {
  /// Counts so many bytes for a node's object.
  package func charge(_ node: LiveNode, _ bytes: Int64) {
    byteCount += bytes - node.chargedBytes
    node.chargedBytes = bytes
  }
}

/// What a directory of the tree says about a name.
package enum Found {
  /// The session says nothing: the lower decides, where the directory is merged.
  case absent
  case whiteout
  case node(LiveNode)
}
