import Linux
import Store

// How one change is described.
extension Planner {
  mutating func delete(_ place: Place, _ base: ByteString, _ status: FileStatus) throws {
    var change = Change(.deleted, path: place.path)
    change.origin = base
    change.base = base
    change.old = Facts(status, target: try targetOf(status, at: base))
    change.oldContent = status.kind == .regular ? .lower(base) : .zeros
    change.entry = place.entry
    if status.kind == .directory {
      change.below = try lower.items(below: base) { survey.moved.contains($0) }
    }
    changes.append(change)
  }

  mutating func add(_ node: Node, _ place: Place) throws {
    var change = Change(.added, path: place.path)
    change.base = place.base
    try describe(&change, node, place)
    changes.append(change)
  }

  /// A node and the lower's thing of the same kind at one place; equal ones are no change.
  mutating func modify(_ node: Node, _ place: Place, _ there: FileStatus) throws {
    var change = Change(.modified, path: place.path)
    change.origin = place.base
    change.base = place.base
    change.isReplacement = node.origin == nil
    try describe(&change, node, place)
    try describeOld(&change, place)
    if change.keepsInode, there.linkCount > survey.placements[node.id]?.count ?? 1 {
      change.nameCount = Int(there.linkCount)
    }
    guard var old = change.old, var new = change.new, let base = place.base else { return }
    if new.attributes != nil {
      old.attributes = try lower.attributes(base)
      change.old = old
    } else if node.kind != .symlink, change.isReplacement {
      new.attributes = [:]
      old.attributes = try lower.attributes(base)
    }
    change.new = new
    change.differences = try differences(of: change, old, new)
    if !change.differences.isEmpty { changes.append(change) }
  }

  private func differences(of change: Change, _ old: Facts, _ new: Facts) throws -> Differences {
    var found: Differences = []
    if old.permissions != new.permissions && new.kind != .symlink { found.insert(.permissions) }
    if old.owner != new.owner || old.group != new.group { found.insert(.owner) }
    if let wanted = new.attributes, wanted != old.attributes ?? [:] { found.insert(.attributes) }
    switch new.kind {
    case .regular:
      let isEqual =
        try old.size == new.size
        && contents.areEqual(change.newContent, change.oldContent, size: new.size)
      if !isEqual { found.insert(.content) }
    case .symlink: if old.target != new.target { found.insert(.content) }
    case .characterDevice, .blockDevice:
      if old.device != new.device { found.insert(.content) }
    case .directory, .fifo, .socket: break
    }
    return found
  }

  /// Fills in what the lower has at the change's origin.
  func describeOld(_ change: inout Change, _ place: Place) throws {
    guard let origin = change.origin, let status = try lower.status(origin) else { return }
    change.old = Facts(status, target: try targetOf(status, at: origin))
    if status.kind == .regular { change.oldContent = .lower(origin) }
  }

  /// Fills in what the session has.
  func describe(_ change: inout Change, _ node: Node, _ place: Place) throws {
    change.node = node.id
    change.entry = place.entry
    change.pinnedAt = node.origin
    change.keepsInode = node.flags.contains(.linked)
    var facts = Facts(node)
    let path = survey.origin(of: node)
    let origin = try path.flatMap { try lower.status($0) }
    if let origin { keepLowers(&facts, of: node, origin) }
    if let origin, node.flags.contains(.lowerAttributes) {
      (facts.permissions, facts.modified) = (UInt16(origin.permissions), origin.modified)
      (facts.owner, facts.group) = (origin.owner, origin.group)
    }
    if let origin, node.flags.contains(.lowerContent) { facts.size = origin.size }
    if node.kind == .symlink, facts.target == nil, let path, origin?.kind == .symlink {
      facts.target = try lower.target(path)
    }
    if !node.flags.contains(.lowerExtendedAttributes) {
      facts.attributes = (attributes[node.id] ?? [:]).filter { $0.key.isCarriedAttribute }
    }
    change.new = facts
    change.newContent = ContentReader.content(of: node, from: survey.origin(of: node))
    if change.kind == .renamed, let path, let origin {
      change.old = Facts(origin, target: try targetOf(origin, at: path))
      if origin.kind == .regular { change.oldContent = .lower(path) }
      if facts.attributes != nil { change.old?.attributes = try lower.attributes(path) }
      if let old = change.old {
        change.differences = try differences(of: change, old, facts)
      }
    }
  }

  /// A directory gets attributes of its own with the first name that comes or goes in it: only
  /// what differs from what they were then was changed by the session.
  private func keepLowers(_ facts: inout Facts, of node: Node, _ there: FileStatus) {
    guard node.kind == .directory, there.kind == .directory, let origin = node.origin,
      !origin.isEmpty
    else { return }
    let pin = pins[PinKey(root: root.id, path: origin)]
    if pin.map({ $0.permissions == facts.permissions }) ?? true {
      facts.permissions = UInt16(there.permissions)
    }
    if pin.map({ $0.owner == facts.owner && $0.group == facts.group }) ?? true {
      (facts.owner, facts.group) = (there.owner, there.group)
    }
  }

  func targetOf(_ status: FileStatus, at path: ByteString) throws -> ByteString? {
    status.kind == .symlink ? try lower.target(path) : nil
  }
}
