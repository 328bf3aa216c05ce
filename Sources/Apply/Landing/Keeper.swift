import Changes
import Linux

/// Keeps what an apply took from the project, in the session, so that it can be brought back.
struct Keeper {
  private let workspace: Workspace
  private let stages: Stages

  init(_ workspace: Workspace, _ stages: Stages) {
    self.workspace = workspace
    self.stages = stages
  }

  /// The slots that hold something of the project after everything was done.
  static func keptSlots(of journal: Journal) -> [Slot] {
    var slots: Set<Slot> = []
    for operation in journal.operations {
      switch operation {
      case .take(let slot, _, _), .swap(let slot, _, _, _): slots.insert(slot)
      // Both contents: a revert writes the one, and a revert of that the other.
      case .overwrite(let new, let old, _, _): slots.formUnion([new, old])
      case .put(let slot, _, _): slots.remove(slot)
      case .attributes: break
      }
    }
    return slots.sorted { ($0.stage, $0.number) < ($1.stage, $1.number) }
  }

  static func name(of slot: Slot) -> ByteString { ByteString("\(slot.stage).\(slot.number)") }

  /// Moves the slots into the session; what is there already was moved before.
  func keep(_ journal: Journal) throws {
    let kept = try workspace.kept()
    for slot in Self.keptSlots(of: journal) {
      try attempt("keep what was replaced") { () throws(Errno) in
        guard try stages.status(slot) != nil else { return }
        try stages.folder(slot).moveTree(slot.name, to: kept.borrowed, Self.name(of: slot))
      }
    }
    try attempt("keep what was replaced") { () throws(Errno) in try kept.borrowed.synchronize() }
  }
}

extension Descriptor {
  /// Moves a name with all that is below it, across file systems by copying.
  func moveTree(_ name: ByteString, to target: Descriptor, _ newName: ByteString) throws(Errno) {
    do {
      try rename(name, to: target, newName, .noReplace)
      return
    } catch .crossDevice {
      // Copied below; a copy that was begun before is begun again.
    } catch .exists {
      try target.removeTree(newName)
      try moveTree(name, to: target, newName)
      return
    }
    let partial = ByteString(newName.bytes + ".part".utf8)
    do { try target.removeTree(partial) } catch .noEntry {
      // Nothing was left of an earlier copy.
    }
    try copyTree(name, to: target, partial)
    try target.rename(partial, to: target, newName)
    try removeTree(name)
  }

  /// Copies a name with all that is below it, with modes, owners, times and extended attributes.
  func copyTree(_ name: ByteString, to target: Descriptor, _ newName: ByteString) throws(Errno) {
    let status = try status(of: name)
    switch status.kind {
    case .regular:
      let source = try open(name, [.noFollow, .nonBlocking])
      let made = try target.open(newName, [.readWrite, .create, .exclusive], mode: 0o600)
      try made.borrowed.copyContent(from: source.borrowed, size: status.size)
      try made.borrowed.synchronize()
    case .directory:
      try target.makeDirectory(newName)
      let source = try open(name, [.directory, .noFollow])
      let made = try target.open(newName, [.directory, .noFollow])
      for inner in try source.borrowed.entryNames() {
        try source.borrowed.copyTree(inner, to: made.borrowed, inner)
      }
    case .symlink: try target.makeSymlink(newName, to: try symlinkTarget(name))
    case .fifo, .socket, .characterDevice, .blockDevice:
      try target.makeNode(newName, mode: status.raw.st_mode, device: status.raw.st_rdev)
    }
    try copyMetadata(status, name, to: target, newName)
  }

  private func copyMetadata(
    _ status: FileStatus, _ name: ByteString, to target: Descriptor, _ newName: ByteString
  ) throws(Errno) {
    do {
      try target.setOwner(of: newName, status.owner, group: status.group)
    } catch .notPermitted {
      // Who may not give files away keeps the copy as their own.
    }
    let old = try open(name, [.path, .noFollow])
    let new = try target.open(newName, [.path, .noFollow])
    for (key, value) in try old.borrowed.ownAttributes() {
      do throws(Errno) { try new.borrowed.setAttribute(key, to: value) } catch {
        // The session's file system does not take it; the copy is kept without.
        continue
      }
    }
    if status.kind != .symlink { try new.borrowed.setPermissionsByPath(status.permissions) }
    try target.setTimes(of: newName, accessed: nil, modified: status.modified)
  }
}
