import Changes
import Linux
import Store

/// What an apply is going to do, written down before the first step: enough to finish or undo it.
struct Journal: Equatable {
  var root: Int64 = 1
  var plan = ""
  /// The copy of the project that this is about, if it is not the project itself.
  var elsewhere: Elsewhere?
  /// The number of the apply that this one takes back, if it does.
  var reverts: Int?
  /// The directories of the slots, relative to the root.
  var stages: [ByteString] = []
  var operations: [Operation] = []
  /// The directories' times before, by their paths before.
  var oldTimes: [DirectoryTime] = []
  /// The directories' times after, by their paths after.
  var newTimes: [DirectoryTime] = []
  var settlement = Settlement()
  /// What the session knew of the project before.
  var pins: [KeptPin] = []

  struct KeptPin: Equatable {
    let path: ByteString
    let hash: [UInt8]?
    let base: Int64?
    /// What it was: a conflict that was overruled is one again after a revert.
    var size: Int64 = 0
    var modified = Timestamp(nanoseconds: 0)
  }
}

/// A copy of the project, and which directory it is.
struct Elsewhere: Equatable {
  let path: ByteString
  let device: UInt64
  let inode: UInt64
}

/// What becomes of the session's tree once its changes are the project's.
struct Settlement: Equatable {
  /// Everything of the root was applied: nothing of its tree is left.
  var clears = false
  var removedEntries: [EntryKey] = []
  var droppedNodes: [NodeID] = []
  /// Names that an opaque directory hid without a row of their own.
  var whiteouts: [EntryKey] = []
  /// Directories that are the lower's from now on, and where it has them.
  var merged: [NodeID: ByteString] = [:]
  /// Where the lower has what was renamed: old path, new path.
  var moves: [Move] = []
  /// Pinned files with several names, to be pinned anew: what happens to one name moves the ctime
  /// of all, and may be a change of all.
  var relinked: [ByteString] = []
  /// Files of which only a part was applied, where the project has them now: pinned anew with their
  /// content, so that what is still pending is compared with what landed.
  var repinned: [ByteString] = []
  /// Directories in the list above whose own mode and owner stay the session's.
  var keepsAttributes: Set<NodeID> = []
  /// What changes of the session that are still pending are about.
  var pending: Set<NodeID> = []
  /// The paths that are no longer pinned, with what is below them.
  var unpinned: [ByteString] = []
  /// The git repositories of which nothing is pinned any more.
  var repositories: Set<ByteString> = []

  struct Move: Equatable {
    let old: ByteString
    let new: ByteString
  }
}
