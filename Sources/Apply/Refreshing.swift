import Changes
import Linux
import Store

/// What a refresh did, or would do.
package struct Refreshed: Sendable {
  /// How many paths are known anew as the project has them now.
  package internal(set) var known = 0
  /// The paths that were merged; true: with markers in them.
  package internal(set) var merged: [ByteString: Bool] = [:]
  /// The keys of changes that the session gave up.
  package internal(set) var forgotten: Set<ByteString> = []
  /// What is still in conflict.
  package internal(set) var conflicts: [Conflict] = []
}

extension Application {
  /// Brings the session up to what the project is now: what both sides changed is merged, what the
  /// project has otherwise become is known from now on; one step, so that undo takes it back.
  package func refresh(_ resolution: Resolution, isTrial: Bool = false) throws -> Refreshed {
    var resolution = resolution
    resolution.merges = true
    resolution.skips = false
    let resolved = try resolve(plan(), resolution)
    var refreshed = Refreshed()
    refreshed.merged = resolved.merged
    refreshed.forgotten = resolved.forgotten
    refreshed.conflicts = resolved.conflicts
    var refreshing = Refreshing(self, resolved)
    try refreshing.prepare()
    refreshed.known = refreshing.renewedCount
    guard !isTrial else { return refreshed }
    if !refreshing.isIdle { try refreshing.act() }
    if !resolved.forgotten.isEmpty { try forget(resolved.forgotten) }
    return refreshed
  }
}

/// One refresh: everything is read and written beside first, then the tree changes at once.
private struct Refreshing {
  private let application: Application
  private let resolved: ResolvedPlan
  /// The pins as they will be, with the content where it has to be kept anew; nil: none any more.
  private var pins: [(PinKey, Pin?, base: [UInt8]?)] = []
  private var contents: [NodeID: ObjectID] = [:]

  init(_ application: Application, _ resolved: ResolvedPlan) {
    self.application = application
    self.resolved = resolved
  }

  var renewedCount: Int { pins.count }
  var isIdle: Bool { pins.isEmpty && resolved.merged.isEmpty }

  private var lower: LowerTree { application.lower }

  /// The paths of what stays in conflict: what is known of them stays as it is.
  private func standing(_ plan: Plan) -> (paths: Set<ByteString>, repositories: Set<ByteString>) {
    let keys = Set(resolved.conflicts.map(\.key))
    var paths = Set(resolved.conflicts.map(\.path))
    for change in plan.changes where keys.contains(change.key) {
      paths.formUnion([change.origin, change.base, change.pinnedAt].compactMap { $0 })
      if let origin = change.origin {
        paths.formUnion(change.below.map { origin.appending($0.path) })
      }
    }
    return (paths, Set(paths.compactMap(\.repository)))
  }

  /// Reads what has to be known.
  mutating func prepare() throws {
    let (paths, repositories) = standing(resolved.plan)
    let root = application.root.id
    for (key, pin) in try application.reader().pins().sorted(by: { $0.key.path < $1.key.path })
    where key.root == root && !paths.contains(key.path) {
      if let place = key.path.repository, repositories.contains(place) { continue }
      try renew(key, pin)
    }
    for change in resolved.plan.changes where resolved.overruled.contains(change.key) {
      guard let base = change.base, let status = try lower.status(base) else { continue }
      let key = PinKey(root: root, path: base)
      if pins.contains(where: { $0.0 == key }) { continue }
      try renew(key, Pin(root: root, path: base, status: status), isNew: true)
    }
  }

  private mutating func renew(_ key: PinKey, _ pin: Pin, isNew: Bool = false) throws {
    guard let status = try lower.status(key.path) else { return pins.append((key, nil, nil)) }
    if !isNew, pin.isIdentity(of: status) { return }
    var new = Pin(root: key.root, path: key.path, status: status)
    var content: [UInt8]?
    if status.kind == .symlink { new.target = try lower.target(key.path) }
    if status.kind == .regular, pin.hash != nil || isNew, status.size <= 1 << 20 {
      let opened = try lower.open(key.path)
      let bytes = try attempt("read", key.path) { () throws(Errno) in
        try opened.borrowed.readAll(limit: 1 << 20)
      }
      if let hash = pin.hash, SHA256.digest(bytes) == hash {
        (new.hash, new.base) = (pin.hash, pin.base)
      } else {
        content = bytes
      }
    }
    pins.append((key, new, content))
  }

  /// Writes it down in a step of its own.
  mutating func act() throws {
    let store = application.store
    for change in resolved.plan.changes where resolved.merged[change.path] != nil {
      try makeObject(for: change)
    }
    let step = store.beginStep(.merge, message: "refresh")
    store.tree.lock.with {
      for (key, pin, base) in pins {
        guard let pin else {
          store.tree.removePin(key)
          continue
        }
        if let base { store.tree.setBase(pin, base) } else { store.tree.replacePin(pin) }
      }
      adopt()
      for change in resolved.plan.changes where resolved.merged[change.path] != nil {
        merge(change, step: step.id)
      }
    }
    store.endStep(step, status: 0)
    try store.flush(durable: true)
  }

  private mutating func makeObject(for change: Change) throws {
    guard let node = change.node, case .bytes(let bytes) = change.newContent else { return }
    try attempt("write what was merged of", change.path) { () throws(Errno) in
      let made = try application.store.newObject()
      try made.file.borrowed.write(bytes)
      try made.file.borrowed.synchronize()
      contents[node] = made.id
    }
  }

  /// Lets the nodes that show the project's own content know the inode that it is in now.
  private func adopt() {
    let tree = application.store.tree
    var known: [ByteString: Pin] = [:]
    for (key, pin, _) in pins { if let pin { known[key.path] = pin } }
    for node in tree.nodes.values where node.row.root == application.root.id {
      guard let origin = node.row.origin, let pin = known[origin], pin.kind == node.row.kind else {
        continue
      }
      var row = node.row
      (row.originDevice, row.originInode) = (pin.device, pin.inode)
      if row.kind == .regular, row.flags.contains(.lowerContent) {
        (row.size, row.modified) = (pin.size, pin.modified)
      }
      if row != node.row { tree.update(row) }
    }
  }

  /// Gives a node what was merged, under the tree's lock.
  private func merge(_ change: Change, step: StepID) {
    let tree = application.store.tree
    guard let id = change.node, let node = tree.node(id), let new = change.new else { return }
    var row = node.row
    (row.permissions, row.owner, row.group) = (new.permissions, new.owner, new.group)
    if let made = contents[id] {
      tree.releaseObject(of: node)
      row.object = made
      row.objectStep = step
      (row.size, row.modified) = (new.size, new.modified)
      row.flags.subtract([.lowerContent, .partial])
    }
    tree.update(row)
    if contents[id] != nil { tree.touchExtents(node) }
  }
}
