import Linux

/// How a file system shows its roots.
package struct OverlayOptions: Sendable {
  /// Whether every user and group id is mapped inside; otherwise only `owner` and `group` are.
  package var mapsAllIDs: Bool
  /// The ids that are mapped when not all are.
  package var owner: UInt32
  package var group: UInt32
  /// The caller's other groups: a file they may write is shown as the caller's own.
  package var groups: [UInt32] = []
  /// How long the kernel may trust what it knows of an untouched path that isn't watched.
  package var lowerValidity: Double = 1
  /// No more directories of the host than this are watched.
  package var watchLimit = 16_384
  /// Whether the one root is the top of the mount itself, instead of a name below it.
  package var rootIsTop = false
  /// What the view never shows of the lowers.
  package var hidden = HiddenPaths()
  /// What may be neither seen nor made.
  package var denied = HiddenPaths()
  /// The endings that a new file's name may have, without the dot; empty: any.
  package var allowedExtensions: Set<ByteString> = []
  /// The most bytes that one file may have; then writes are passed on at once, so that the
  /// program that makes it too large hears of it.
  package var maximumFileSize: Int64?
  /// The most bytes that the session may hold; nil: as many as there is room.
  package var maximumSize: Int64?
  /// The most files that the session may hold.
  package var maximumFiles: Int?
  /// Counts requests by their kind, for who measures.
  package var tally: RequestTally?

  /// Options for a caller with the given ids.
  package init(mapsAllIDs: Bool, owner: UInt32, group: UInt32) {
    self.mapsAllIDs = mapsAllIDs
    self.owner = owner
    self.group = group
  }
}
