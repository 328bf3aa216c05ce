import Changes
import Linux

/// Finds where the host has taken back a part of an apply by itself: a revert leaves that alone.
struct TakenBack {
  let journal: Journal
  let lower: LowerTree
  /// What the apply keeps.
  let kept: Descriptor
  private let byPath: [ByteString: [Operation]]
  private let uses: [Slot: Int]

  init(_ journal: Journal, _ lower: LowerTree, kept: Descriptor) {
    self.journal = journal
    self.lower = lower
    self.kept = kept
    byPath = Dictionary(grouping: journal.operations, by: \.path)
    uses = journal.operations.compactMap(\.slot).reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// Whether the project has at a path what a revert would make there, of the kind that landed.
  ///
  /// No inode's number is asked: a file made anew may have the number of the one before.
  func contains(_ path: ByteString, landed: FileKind?) throws -> Bool {
    guard let operations = byPath[path], operations.count == 1, let only = operations.first,
      only.slot.map({ uses[$0] == 1 }) ?? true
    else { return false }
    let status = try lower.status(path)
    switch only {
    case .put: return status == nil
    case .take(let slot, _, _), .swap(let slot, _, _, _):
      guard let status else { return false }
      return try isEqual(Keeper.name(of: slot), path, status)
    case .attributes(_, _, let old, _):
      guard let status, status.kind == landed, old.attributes == nil else { return false }
      return (old.permissions ?? UInt16(status.permissions)) == UInt16(status.permissions)
        && old.owner == status.owner && old.group == status.group
    case .overwrite: return false
    }
  }

  /// Whether what is kept equals what the project has, as far as a single file tells.
  private func isEqual(_ name: ByteString, _ path: ByteString, _ there: FileStatus) throws -> Bool {
    let old = try attempt("look at what an apply kept") { () throws(Errno) in
      try kept.status(of: name)
    }
    guard old.kind == there.kind, old.owner == there.owner, old.group == there.group,
      old.kind == .symlink || old.permissions == there.permissions
    else { return false }
    switch old.kind {
    case .regular:
      let opened = try attempt("open what an apply kept") { () throws(Errno) in
        try kept.open(name, [.noFollow, .nonBlocking])
      }
      if try old.size == there.size && opened.borrowed.contentHash() == lower.contentHash(path) {
        return true
      }
      guard path.isGitIndex, let before = try opened.borrowed.index(path) else { return false }
      return try lower.index(path) == before
    case .symlink:
      let target = try attempt("read what an apply kept") { () throws(Errno) in
        try kept.symlinkTarget(name)
      }
      return try target == lower.target(path)
    case .fifo, .socket: return true
    case .directory, .characterDevice, .blockDevice: return false
    }
  }
}

extension Operation {
  /// The slot that is moved from or to.
  fileprivate var slot: Slot? {
    switch self {
    case .take(let slot, _, _), .put(let slot, _, _), .swap(let slot, _, _, _): slot
    case .overwrite, .attributes: nil
    }
  }
}
