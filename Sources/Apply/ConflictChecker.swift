import Changes
import Linux
import Store

/// Compares what the project is now with what it was when the session changed it.
struct ConflictChecker {
  let root: Root
  let pins: [PinKey: Pin]
  let lower: LowerTree
  private var conflicts: [Conflict] = []
  private var goodParents: Set<ByteString> = []

  init(root: Root, pins: [PinKey: Pin], lower: LowerTree) {
    self.root = root
    self.pins = pins
    self.lower = lower
  }

  /// Every place where a plan can't land as it was reviewed.
  mutating func check(_ plan: Plan) throws -> [Conflict] {
    let deleted = Set(plan.changes.filter { $0.kind == .deleted }.compactMap(\.origin))
    for change in plan.changes {
      if let origin = change.origin { try comparePin(change, origin) }
      if change.kind == .deleted { try checkBelow(change) }
      guard let base = change.base, !plan.moved.contains(base), !deleted.contains(base) else {
        continue
      }
      switch change.kind {
      case .added: try checkPlace(change, base)
      case .renamed:
        if change.replaced != nil {
          try comparePin(change, base)
        } else {
          try checkPlace(change, base)
        }
      case .deleted, .modified: break
      }
    }
    return conflicts
  }

  private mutating func note(_ change: Change, _ path: ByteString, _ reason: Conflict.Reason) {
    let conflict = Conflict(key: change.key, path: path, reason: reason)
    if !conflicts.contains(conflict) { conflicts.append(conflict) }
  }

  /// The place of something new must be free, in a directory that is there.
  private mutating func checkPlace(_ change: Change, _ base: ByteString) throws {
    if try lower.status(base) != nil {
      note(change, base, .appeared)
    } else if pins[PinKey(root: root.id, path: base)] != nil, change.kind == .added {
      note(change, base, .gone)
    } else if try !isDirectory(base.parent) {
      note(change, base, .parentGone)
    }
  }

  private mutating func isDirectory(_ path: ByteString) throws -> Bool {
    if path.isEmpty || goodParents.contains(path) { return true }
    // A parent that became a symlink is not followed: status answers nil below it.
    guard try lower.status(path)?.kind == .directory else { return false }
    goodParents.insert(path)
    return true
  }

  private mutating func checkBelow(_ change: Change) throws {
    guard let origin = change.origin else { return }
    for item in change.below { try comparePin(change, origin.appending(item.path)) }
  }

  private mutating func comparePin(_ change: Change, _ path: ByteString) throws {
    guard let status = try lower.status(path) else { return note(change, path, .gone) }
    guard let pin = pin(of: change, at: path, status) else {
      if !path.isEmpty, !isOrigin(change, status) { note(change, path, .appeared) }
      return
    }
    if let reason = try difference(pin, status, path) { note(change, path, reason) }
  }

  /// What is kept of a path, or of the same inode under another name.
  private func pin(of change: Change, at path: ByteString, _ status: FileStatus) -> Pin? {
    if let pin = pins[PinKey(root: root.id, path: path)] { return pin }
    guard let other = change.pinnedAt, let pin = pins[PinKey(root: root.id, path: other)],
      pin.inode == status.inode, pin.device == status.device
    else { return nil }
    return pin
  }

  /// Whether the lower has the very inode of which the plan speaks, though no pin was needed.
  private func isOrigin(_ change: Change, _ status: FileStatus) -> Bool {
    status.kind == .directory && change.fileKind == .directory && change.kind == .modified
  }

  private func difference(_ pin: Pin, _ status: FileStatus, _ path: ByteString) throws
    -> Conflict.Reason?
  {
    guard pin.kind == status.kind else { return .kindChanged }
    if pin.isIdentity(of: status) { return nil }
    switch pin.kind {
    case .regular:
      guard pin.size == status.size, let hash = pin.hash else { return .changed }
      let contents = try lower.open(path)
      if try contents.borrowed.contentHash() != hash { return .changed }
    case .symlink:
      if try pin.target != lower.target(path) { return .changed }
      return nil
    case .directory, .fifo, .socket: break
    case .characterDevice, .blockDevice: if pin.inode != status.inode { return .changed }
    }
    let isSame =
      pin.permissions == UInt16(status.permissions) && pin.owner == status.owner
      && pin.group == status.group
    return isSame ? nil : .attributesChanged
  }
}

extension Pin {
  /// Whether a status is that of the very inode, unchanged: ctime moves with every change.
  func isIdentity(of status: FileStatus) -> Bool {
    if kind == .directory {
      return device == status.device && inode == status.inode
        && permissions == UInt16(status.permissions) && owner == status.owner
        && group == status.group
    }
    return device == status.device && inode == status.inode && size == status.size
      && modified == status.modified && changed == status.changed
  }
}

extension Descriptor {
  /// The SHA-256 of this file's content.
  func contentHash() throws -> [UInt8] {
    var hash = SHA256()
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { room.deallocate() }
    var offset: Int64 = 0
    while true {
      let count = try attempt("read a file's content") { () throws(Errno) in
        try readFully(into: room, at: offset)
      }
      hash.update(UnsafeRawBufferPointer(rebasing: room[..<count]))
      offset += Int64(count)
      if count < room.count { return hash.finish() }
    }
  }
}
