import Changes
import Linux
import Store

/// What becomes of conflicts, as the user wants it.
package struct Resolution: Sendable {
  /// Whose state a conflicting path gets.
  package enum Side: String, Sendable, CaseIterable {
    /// The session's; what the project has is kept for a revert.
    case mine
    /// The project's; the session forgets its own, in a step that undo takes back.
    case theirs
  }

  /// A side for the conflicts of some paths, or of all.
  package struct Choice: Sendable {
    package let side: Side
    package let pattern: Pattern?

    /// A side, for what a pattern matches; nil: for everything.
    package init(_ side: Side, _ pattern: Pattern? = nil) {
      self.side = side
      self.pattern = pattern
    }
  }

  /// The last one that speaks of a path holds.
  package var choices: [Choice] = []
  /// Whether what both sides changed is merged line by line.
  package var merges = false
  /// Whether lines that both changed differently are kept both, between markers.
  package var leavesMarkers = false
  /// Whether what is still in conflict stays pending.
  package var skips = false

  /// No decision: every conflict stays one.
  package init() {}

  /// Whether conflicts are left as they are.
  package var isEmpty: Bool { choices.isEmpty && !merges && !skips }

  func side(of conflicts: [Conflict]) -> Side? {
    choices.last { choice in
      guard let pattern = choice.pattern else { return true }
      return conflicts.contains { pattern.matches($0.path) }
    }?.side
  }
}

/// A plan whose conflicts were dealt with as far as they could be.
package struct ResolvedPlan {
  /// What lands.
  package var plan: Plan
  /// The keys of entries that land though the project has changed there.
  package var overruled: Set<ByteString> = []
  /// What the session gives up once the rest has landed.
  package var forgotten: Set<ByteString> = []
  /// What stays pending.
  package var skipped: Set<ByteString> = []
  /// The paths that were merged; true: with markers in them.
  package var merged: [ByteString: Bool] = [:]
  /// What nothing was said about, or what could not be done.
  package var conflicts: [Conflict] = []
}

extension Application {
  /// Deals with the conflicts of a plan.
  package func resolve(_ plan: Plan, _ resolution: Resolution) throws -> ResolvedPlan {
    var resolved = ResolvedPlan(plan: plan)
    let found = try check(plan)
    guard !found.isEmpty, !resolution.isEmpty else {
      resolved.conflicts = found
      return resolved
    }
    let byKey = Dictionary(grouping: found, by: \.key)
    for change in plan.changes {
      guard let conflicts = byKey[change.key] else { continue }
      try resolve(change, conflicts, resolution, &resolved)
    }
    return leavingOut(resolved, of: plan)
  }

  private func resolve(
    _ change: Change, _ conflicts: [Conflict], _ resolution: Resolution,
    _ resolved: inout ResolvedPlan
  ) throws {
    var obstacle: String?
    do {
      switch resolution.side(of: conflicts) {
      case .theirs: return giveUp(change, &resolved)
      case .mine: return try require(change, conflicts, &resolved)
      case nil: if resolution.merges { return try merge(change, conflicts, resolution, &resolved) }
      }
    } catch ApplyError.impossible(_, let reason) {
      obstacle = reason
    } catch let refusal as Merging.Refusal { obstacle = refusal.reason }
    if resolution.skips {
      resolved.skipped.insert(change.key)
    } else {
      resolved.conflicts += conflicts.map { conflict in
        var conflict = conflict
        conflict.obstacle = obstacle
        return conflict
      }
    }
  }

  /// Lets the project win; what a copy of it says is no reason for the session to forget anything.
  private func giveUp(_ change: Change, _ resolved: inout ResolvedPlan) {
    if copy == nil {
      resolved.forgotten.insert(change.key)
    } else {
      resolved.skipped.insert(change.key)
    }
  }

  private func merge(
    _ change: Change, _ conflicts: [Conflict], _ resolution: Resolution,
    _ resolved: inout ResolvedPlan
  ) throws {
    let merging = Merging(application: self, leavesMarkers: resolution.leavesMarkers)
    let merged = try merging.merge(change, conflicts)
    if let index = resolved.plan.changes.firstIndex(where: { $0.key == change.key }) {
      resolved.plan.changes[index] = merged.change
    }
    resolved.overruled.insert(change.key)
    resolved.merged[change.path] = merged.hasMarkers
  }

  /// Lets an entry land whatever the project has there.
  private func require(
    _ change: Change, _ conflicts: [Conflict], _ resolved: inout ResolvedPlan
  ) throws {
    if change.kind != .deleted {
      try requireContent(change)
      for conflict in conflicts where conflict.reason == .parentGone {
        try addParents(of: change, to: &resolved)
      }
    }
    resolved.overruled.insert(change.key)
  }

  /// Whether the bytes that would land can still be had: what the session did not copy is the
  /// project's, and may be gone or changed there.
  private func requireContent(_ change: Change) throws {
    let path: ByteString
    switch change.newContent {
    case .lower(let origin): path = origin
    case .partial(_, let origin):
      path = origin
      let status = try lower.status(origin)
      let pin = try reader().pins()[PinKey(root: root.id, path: origin)]
      guard let status, let pin, pin.isIdentity(of: status) else {
        throw ApplyError.impossible(
          change.path, "what the session did not write of it changed in the project")
      }
    case .zeros, .object, .bytes, .elsewhere: return
    }
    let isThere = try lower.status(path)?.kind == .regular
    guard isThere || change.new?.kind != .regular || change.new?.size == 0 else {
      throw ApplyError.impossible(change.path, "its content was only in the project")
    }
  }

  /// Makes the directories again that the host took away above an entry.
  private func addParents(of change: Change, to resolved: inout ResolvedPlan) throws {
    let top = Facts(try lower.root.status())
    var (path, base) = (change.path.parent, change.base?.parent ?? change.path.parent)
    while !base.isEmpty {
      if let status = try lower.status(base) {
        guard status.kind == .directory else {
          throw ApplyError.impossible(
            change.path, "'\(base.printable)' is no directory any more")
        }
        break
      }
      if !resolved.plan.changes.contains(where: { $0.path == path && $0.kind != .deleted }) {
        resolved.plan.add(directory: path, base: base, like: top)
      }
      (path, base) = (path.parent, base.parent)
    }
  }

  /// Without what is given up or left pending, and what can't be without it.
  private func leavingOut(_ resolved: ResolvedPlan, of plan: Plan) -> ResolvedPlan {
    var resolved = resolved
    for (keys, isForgotten) in [(resolved.forgotten, true), (resolved.skipped, false)]
    where !keys.isEmpty {
      let part = plan.selecting(keys: keys, for: .discarding)
      let all = Set(part.changes.map(\.key))
      if isForgotten { resolved.forgotten = all } else { resolved.skipped = all }
      resolved.plan = resolved.plan.rest(without: part)
      resolved.conflicts.removeAll { all.contains($0.key) }
    }
    return resolved
  }

  /// Lets the session forget the entries of a plan that were given up.
  package func forget(_ keys: Set<ByteString>) throws {
    try discard(try plan().selecting(keys: keys, for: .discarding))
  }
}
