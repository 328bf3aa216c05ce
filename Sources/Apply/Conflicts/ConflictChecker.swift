import Changes
import Linux
import Store

/// Compares what the project is now with what it was when the session changed it.
struct ConflictChecker {
  let root: Root
  let pins: [PinKey: Pin]
  let lower: LowerTree
  /// What earlier applies made of the project, by path: after an undo past one of them no pin says
  /// what the session knew.
  let landed: () throws -> [ByteString: LandedState.Item]
  /// What the session keeps of the content of a pinned file, for as long as it is small.
  let base: (Pin) throws -> [UInt8]?
  /// The session's own project, where a copy of it is compared: its files have other inodes.
  let original: LowerTree?
  private var conflicts: [Conflict] = []
  private var known: Set<ByteString> = []
  private var goodParents: Set<ByteString> = []

  init(
    root: Root, reader: SessionReader, lower: LowerTree, original: LowerTree? = nil,
    landed: @escaping () throws -> [ByteString: LandedState.Item] = { [:] }
  ) throws {
    self.root = root
    self.lower = lower
    pins = try reader.pins()
    base = { try reader.base(of: $0) }
    self.original = original
    self.landed = landed
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
    try checkRepositories(plan)
    return conflicts
  }

  private mutating func note(_ change: Change, _ path: ByteString, _ reason: Conflict.Reason) {
    let conflict = Conflict(change, path, reason)
    let isNew = known.insert(ByteString(change.key.bytes + [0] + path.bytes)).inserted
    if isNew || !conflicts.contains(conflict) { conflicts.append(conflict) }
  }

  /// The place of something new must be free, in a directory that is there.
  private mutating func checkPlace(_ change: Change, _ base: ByteString) throws {
    if try lower.status(base) != nil {
      note(change, base, .appeared)
    } else if try !isDirectory(base.parent) {
      note(change, base, .parentGone)
    } else if pins[PinKey(root: root.id, path: base)] != nil {
      note(change, base, .gone)
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
    guard let status = try lower.status(path) else {
      return note(change, path, try isDirectory(path.parent) ? .gone : .parentGone)
    }
    guard let pin = pin(of: change, at: path, status) else {
      if path.isEmpty || isOrigin(change, status) { return }
      if try !isAsLanded(path, status) { note(change, path, .appeared) }
      return
    }
    if let reason = try difference(pin, status, path, change) { note(change, path, reason) }
  }

  /// Whether the project still has what an earlier apply put there.
  private func isAsLanded(_ path: ByteString, _ status: FileStatus) throws -> Bool {
    guard let item = try landed()[path] else { return false }
    var now = LandedState.Item(item.path, Facts(status), inode: status.inode)
    if item.index != nil { now.index = try lower.index(path)?.digest }
    return item.isStill(now)
  }

  /// What is kept of a path, or of the same inode under another name.
  func pin(of change: Change, at path: ByteString, _ status: FileStatus) -> Pin? {
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

  private func difference(
    _ pin: Pin, _ status: FileStatus, _ path: ByteString, _ change: Change
  ) throws -> Conflict.Reason? {
    guard pin.kind == status.kind else { return .kindChanged }
    if original == nil, pin.isIdentity(of: status) { return nil }
    if try !isSameContent(pin, status, path) { return .changed }
    if pin.kind == .symlink { return nil }
    let isSame =
      pin.permissions == UInt16(status.permissions)
      && (original != nil || (pin.owner == status.owner && pin.group == status.group))
    if !isSame { return .attributesChanged }
    return hasOtherAttributes(pin, status, change) ? .attributesChanged : nil
  }

  /// No pin keeps extended attributes: where the session changed them, a ctime that moved without
  /// the content is taken for a change of the host's.
  private func hasOtherAttributes(_ pin: Pin, _ status: FileStatus, _ change: Change) -> Bool {
    original == nil && change.differences.contains(.attributes) && pin.changed != status.changed
      && pin.modified == status.modified
  }

  private func isSameContent(_ pin: Pin, _ status: FileStatus, _ path: ByteString) throws -> Bool {
    switch pin.kind {
    case .regular: return try isSameFile(pin, status, path)
    case .symlink: return try pin.target == lower.target(path)
    case .directory, .fifo, .socket: return true
    case .characterDevice, .blockDevice: return original != nil || pin.inode == status.inode
    }
  }

  private func isSameFile(_ pin: Pin, _ status: FileStatus, _ path: ByteString) throws -> Bool {
    if try hasSameBytes(pin, status, path) { return true }
    return try path.isGitIndex && isSameIndex(pin, status, path)
  }

  /// Whether git only remembers more of its files than it did.
  private func isSameIndex(_ pin: Pin, _ status: FileStatus, _ path: ByteString) throws -> Bool {
    guard max(pin.size, status.size) <= pin.keptByteCount,
      let before = try base(pin).flatMap(GitIndex.init)
    else { return false }
    return try lower.index(path) == before
  }

  private func hasSameBytes(_ pin: Pin, _ status: FileStatus, _ path: ByteString) throws -> Bool {
    guard pin.size == status.size else { return false }
    if let hash = try pin.hash ?? originalHash(pin) {
      return try lower.contentHash(path) == hash
    }
    // The session never read the content: it took the file away, renamed it, changed its mode.
    return pin.modified == status.modified && (original != nil || pin.inode == status.inode)
  }

  /// The hash of what the session's own project has, while that is what was pinned.
  private func originalHash(_ pin: Pin) throws -> [UInt8]? {
    guard let original, let there = try original.status(pin.path), pin.isIdentity(of: there)
    else { return nil }
    return try original.contentHash(pin.path)
  }
}

// Repositories.
extension ConflictChecker {
  /// The changes of a git repository land together, and only where the host has not moved it: an
  /// index, a ref and the objects of one side are of no use with those of the other.
  private mutating func checkRepositories(_ plan: Plan) throws {
    var parts: [ByteString: [Change]] = [:]
    for change in plan.changes {
      let path = change.base ?? change.origin ?? change.path
      if let repository = path.repository { parts[repository, default: []].append(change) }
    }
    for (repository, changes) in parts.sorted(by: { $0.key < $1.key }) {
      let keys = Set(changes.map(\.key))
      let isInConflict = conflicts.contains { keys.contains($0.key) }
      guard try isInConflict || hasMoved(repository) else { continue }
      let there = Set(conflicts.map(\.key))
      for change in changes where !there.contains(change.key) {
        note(change, change.base ?? change.origin ?? change.path, .repositoryMoved)
      }
    }
  }

  /// Whether anything of a repository that was pinned, changed by the session or not, is another.
  private func hasMoved(_ repository: ByteString) throws -> Bool {
    for (key, pin) in pins where key.root == root.id && key.path.repository == repository {
      guard let status = try lower.status(key.path), pin.kind == status.kind else { return true }
      if pin.kind == .directory || original == nil && pin.isIdentity(of: status) { continue }
      if try !isSameContent(pin, status, key.path) { return true }
    }
    return false
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

extension SessionReader {
  /// The content that a pin keeps; nil where it keeps none, or it is gone.
  fileprivate func base(of pin: Pin) throws -> [UInt8]? {
    guard let id = pin.base else { return nil }
    do throws(Errno) {
      let file = try openBase(id)
      return try file.borrowed.readAll(limit: Int(pin.keptByteCount))
    } catch .noEntry { return nil } catch {
      throw SystemError("read what the session keeps of", pin.path, error)
    }
  }
}

extension LowerTree {
  /// The SHA-256 of a file's content.
  func contentHash(_ path: ByteString) throws -> [UInt8] {
    let opened = try open(path)
    return try opened.borrowed.contentHash()
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
