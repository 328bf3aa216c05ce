import Changes
import Glibc
import Linux
import Store

/// Turns a plan into a schedule; looks at the project, changes nothing.
struct Scheduler {
  let plan: Plan
  let lower: LowerTree
  /// What every stage is called.
  let stageName: ByteString
  var schedule = Schedule()
  private var stageOfDevice: [UInt64: Int] = [:]
  private var slots: [Int] = []
  /// The directories that are made in the stages, by their paths in the session.
  private var madeDirectories: [ByteString: Schedule.Location] = [:]
  private var madeFiles: [ByteString: Schedule.Location] = [:]
  /// Deleted files in whose place something else comes at once.
  private var replacedPaths: [ByteString: Change] = [:]
  /// What lands, by path.
  private let landing: [ByteString: Change]

  init(_ plan: Plan, _ lower: LowerTree, stageName: ByteString) {
    landing = Dictionary(
      plan.changes.filter { $0.kind != .deleted }.map { ($0.path, $0) },
      uniquingKeysWith: { one, _ in one })
    self.plan = plan
    self.lower = lower
    self.stageName = stageName
  }

  mutating func run() throws -> Schedule {
    let top = try lower.root.status()
    _ = stage(of: top.device, at: ByteString([]))
    try noteOldTime(of: ByteString([]))
    for change in plan.changes {
      for path in [change.base, change.origin].compactMap({ $0 }) {
        try noteOldTime(of: path.parent)
        if change.kind == .renamed, change.fileKind == .directory { try noteOldTime(of: path) }
      }
    }
    findReplacements()
    for change in plan.changes where change.linkedTo == nil && !change.isNameless {
      try schedule(change)
    }
    for change in plan.changes where change.isNameless { try scheduleNameless(change) }
    for change in plan.changes where change.linkedTo != nil { try scheduleLink(change) }
    noteNewTimes()
    for path in schedule.newTimes.keys { try noteOldTime(of: path) }
    return schedule
  }

  /// Changes what other names still lead to, in the slot into which the known name was taken.
  private mutating func scheduleNameless(_ change: Change) throws {
    guard let origin = change.origin, let held = heldPath(of: origin) else { return }
    let status = try present(origin)
    var inSlot = change
    inSlot.path = held
    guard let old = change.old, let new = change.new else { return }
    if change.differences.contains(.content) {
      try overwrite(inSlot, origin, at: try newSlot(near: origin), status)
    } else {
      setAttributes(inSlot, old, new, inode: status.inode)
    }
  }

  /// Where a path that is taken away can be found then.
  private func heldPath(of path: ByteString) -> ByteString? {
    for operation in schedule.takes + schedule.puts {
      switch operation {
      case .take(let slot, let taken, _) where path.isWithin(taken):
        let place = schedule.stages[slot.stage].appending(slot.name)
        return taken == path ? place : place.appending(path.relative(to: taken))
      case .swap(let slot, path, _, _):
        return schedule.stages[slot.stage].appending(slot.name)
      default: continue
      }
    }
    return nil
  }

  /// A file that gives way to another kind of file is exchanged with it, not taken first.
  private mutating func findReplacements() {
    var deleted: [ByteString: Change] = [:]
    for change in plan.changes where change.kind == .deleted && change.fileKind != .directory {
      deleted[change.path] = change
    }
    for change in plan.changes where change.kind == .added && change.fileKind != .directory {
      if let old = deleted[change.path], old.origin == change.base {
        replacedPaths[change.path] = old
      }
    }
  }

  private mutating func schedule(_ change: Change) throws {
    switch change.kind {
    case .deleted: try scheduleDeletion(change)
    case .added: try scheduleAddition(change)
    case .modified: try scheduleModification(change)
    case .renamed: try scheduleRename(change)
    }
  }

  private mutating func scheduleDeletion(_ change: Change) throws {
    guard let origin = change.origin, replacedPaths[change.path] == nil else { return }
    let status = try present(origin)
    let slot = try newSlot(near: origin)
    schedule.takes.append(.take(slot, origin, Expected(status)))
    if change.fileKind == .directory { schedule.below[slot] = change.below }
  }

  private mutating func scheduleAddition(_ change: Change) throws {
    if let parent = madeDirectories[change.path.parent] {
      let inner = parent.inner.appending(change.path.lastComponent)
      try make(change, at: Schedule.Location(slot: parent.slot, inner: inner))
      return
    }
    let slot = try newSlot(near: change.base ?? change.path)
    try make(change, at: Schedule.Location(slot: slot, inner: ByteString([])))
    try place(slot, change, over: replacedPaths[change.path]?.origin)
  }

  /// Lets a slot come into the place of a change.
  private mutating func place(_ slot: Slot, _ change: Change, over replaced: ByteString?) throws {
    if let replaced {
      // The number of the held inode is known once it is made.
      schedule.puts.append(
        .swap(slot, change.path, held: .unknown, Expected(try present(replaced))))
    } else {
      schedule.puts.append(.put(slot, change.path, held: .unknown))
    }
  }

  private mutating func make(_ change: Change, at location: Schedule.Location) throws {
    schedule.items.append(Schedule.Item(location: location, source: .new(change)))
    if change.fileKind == .directory {
      madeDirectories[change.path] = location
      // Permissions that would keep us from filling it come last.
      if let new = change.new, new.permissions & 0o700 != 0o700 { finish(change, new) }
    } else {
      madeFiles[change.path] = location
    }
    if change.fileKind == .regular {
      schedule.byteCounts[location.slot.stage, default: 0] += change.new?.size ?? 0
    }
  }

  /// Gives a new directory its permissions at the end.
  private mutating func finish(_ change: Change, _ new: Facts) {
    let last = Metadata(
      permissions: new.permissions, owner: new.owner, group: new.group, modified: nil)
    var first = last
    first.permissions = new.permissions | 0o700
    schedule.attributes.append(.attributes(change.path, inode: 0, old: first, new: last))
  }

  private mutating func scheduleModification(_ change: Change) throws {
    guard let origin = change.origin, let old = change.old, let new = change.new else { return }
    let status = try present(origin)
    guard change.differences.contains(.content) else {
      return setAttributes(change, old, new, inode: status.inode)
    }
    let slot = try newSlot(near: origin)
    if change.isWrittenInPlace {
      try overwrite(change, origin, at: slot, status)
    } else {
      try make(change, at: Schedule.Location(slot: slot, inner: ByteString([])))
      schedule.puts.append(.swap(slot, change.path, held: .unknown, Expected(status)))
    }
  }

  /// Writes new content into the inode that the project has: other names lead to it.
  private mutating func overwrite(
    _ change: Change, _ origin: ByteString, at slot: Slot, _ status: FileStatus
  ) throws {
    guard let old = change.old, let new = change.new else { return }
    let kept = try newSlot(near: origin)
    try make(change, at: Schedule.Location(slot: slot, inner: ByteString([])))
    schedule.items.append(
      Schedule.Item(
        location: Schedule.Location(slot: kept, inner: ByteString([])),
        source: .oldContent(origin)))
    schedule.byteCounts[kept.stage, default: 0] += status.size
    schedule.overwrites.append(
      .overwrite(new: slot, old: kept, change.path, inode: status.inode))
    setAttributes(change, old, new, inode: status.inode)
  }

  private mutating func setAttributes(
    _ change: Change, _ old: Facts, _ new: Facts, inode: UInt64
  ) {
    let isSymlink = new.kind == .symlink
    let carries = change.differences.contains(.attributes)
    func metadata(_ facts: Facts) -> Metadata {
      Metadata(
        permissions: isSymlink ? nil : facts.permissions, owner: facts.owner, group: facts.group,
        modified: nil,
        attributes: carries ? facts.attributes ?? [:] : nil)
    }
    schedule.attributes.append(
      .attributes(change.path, inode: inode, old: metadata(old), new: metadata(new)))
  }

  private mutating func scheduleRename(_ change: Change) throws {
    guard let origin = change.origin, let new = change.new else { return }
    // The host took it away, and the user wants it where the session has it.
    guard let status = try lower.status(origin), let old = change.old else {
      return try scheduleArrival(change)
    }
    let slot = try newSlot(near: origin)
    let over = change.replaced == nil ? nil : change.base
    try checkDevice(change, status, over)
    schedule.takes.append(.take(slot, origin, Expected(status)))
    let hasContent = change.differences.contains(.content)
    if hasContent, !change.isWrittenInPlace {
      let made = try newSlot(near: origin)
      try make(change, at: Schedule.Location(slot: made, inner: ByteString([])))
      try place(made, change, over: over)
      return
    }
    if let over {
      schedule.puts.append(
        .swap(slot, change.path, held: Expected(status), Expected(try present(over))))
    } else {
      schedule.puts.append(.put(slot, change.path, held: Expected(status)))
    }
    if hasContent {
      try overwrite(change, origin, at: try newSlot(near: origin), status)
    } else if !change.differences.isEmpty {
      setAttributes(change, old, new, inode: status.inode)
    }
  }

  /// Makes what can't be moved any more, in the place of what may be there.
  private mutating func scheduleArrival(_ change: Change) throws {
    let slot = try newSlot(near: change.base ?? change.path)
    try make(change, at: Schedule.Location(slot: slot, inner: ByteString([])))
    try place(slot, change, over: change.replaced == nil ? nil : change.base)
  }

  /// A rename stays on one file system.
  private func checkDevice(_ change: Change, _ status: FileStatus, _ over: ByteString?) throws {
    var parent = change.base?.parent ?? ByteString([])
    while try lower.status(parent) == nil, !parent.isEmpty { parent = parent.parent }
    guard let target = try lower.status(parent), target.device == status.device else {
      throw ApplyError.crossesFileSystems(change.origin ?? change.path, change.path)
    }
  }

  /// A further name of a file.
  private mutating func scheduleLink(_ change: Change) throws {
    guard let link = change.linkedTo else { return }
    let isHere = change.kind == .modified && !change.isReplacement
    let replaced = change.kind == .modified ? change.origin : replacedPaths[change.path]?.origin
    let source: Schedule.Item.Source
    if let made = madeFiles[link], !isWrittenInPlace(link) {
      source = .linkToItem(made)
    } else {
      // The project has both names of this inode already: what happened to one happened to both.
      if isHere { return }
      source = .linkToProject(projectPath(of: link))
    }
    let inParent = madeDirectories[change.path.parent]
    let slot = try inParent?.slot ?? newSlot(near: change.base ?? change.path)
    let inner = inParent.map { $0.inner.appending(change.path.lastComponent) } ?? ByteString([])
    schedule.items.append(
      Schedule.Item(location: Schedule.Location(slot: slot, inner: inner), source: source))
    if inParent == nil { try place(slot, change, over: replaced) }
  }

  private func isWrittenInPlace(_ path: ByteString) -> Bool {
    landing[path]?.isWrittenInPlace ?? false
  }

  /// Where the project has, before anything is done, what the session has at a path.
  private func projectPath(of path: ByteString) -> ByteString {
    if let origin = landing[path]?.origin { return origin }
    // An unchanged first name: only directories above it may have been renamed.
    for change in plan.changes where change.kind == .renamed && path.isWithin(change.path) {
      if let origin = change.origin { return origin.appending(path.relative(to: change.path)) }
    }
    return path
  }
}

// Slots, stages and times.
extension Scheduler {
  private func present(_ path: ByteString) throws -> FileStatus {
    guard let status = try lower.status(path) else {
      throw SystemError("find", path, .noEntry)
    }
    return status
  }

  /// A slot on the file system on which a path of the project is.
  private mutating func newSlot(near path: ByteString) throws -> Slot {
    var parent = path.parent
    while try lower.status(parent)?.kind != .directory, !parent.isEmpty { parent = parent.parent }
    let status = try present(parent)
    try noteOldTime(of: parent)
    let stage = stage(of: status.device, at: parent)
    defer { slots[stage] += 1 }
    return Slot(stage: stage, number: slots[stage])
  }

  private mutating func stage(of device: UInt64, at parent: ByteString) -> Int {
    if let known = stageOfDevice[device] { return known }
    stageOfDevice[device] = schedule.stages.count
    schedule.stages.append(parent.appending(stageName))
    slots.append(1)
    return schedule.stages.count - 1
  }

  private mutating func noteOldTime(of directory: ByteString) throws {
    guard schedule.oldTimes[directory] == nil, let status = try lower.status(directory) else {
      return
    }
    schedule.oldTimes[directory] = status.modified
  }

  /// The directories whose names change get the times that the session shows.
  private mutating func noteNewTimes() {
    for change in plan.changes {
      if change.fileKind == .directory, change.kind != .deleted, let new = change.new,
        change.kind != .modified
      {
        schedule.newTimes[change.path] = new.modified
      }
      guard plan.isWhole else { continue }
      let parents = [change.path.parent] + (change.kind == .renamed ? [change.origin?.parent] : [])
      for parent in parents.compactMap({ $0 }) {
        if let time = plan.directoryTimes[parent] { schedule.newTimes[parent] = time }
      }
    }
  }
}

extension Change {
  /// Whether the content is written into the project's own inode: other names lead to it, or its
  /// owner could not be given to a new one.
  var isWrittenInPlace: Bool {
    guard fileKind == .regular, let old, let new, !isReplacement else { return false }
    if keepsInode { return true }
    return old.owner != geteuid() && old.owner == new.owner && geteuid() != 0
  }
}
