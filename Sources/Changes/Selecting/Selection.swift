import Linux
import Store

/// Which entries of a plan are meant: the one grammar of diff, apply and discard.
package struct Selection: Sendable {
  /// What a change can be asked for by.
  package enum Kind: String, Sendable, CaseIterable {
    case added, modified, deleted, renamed, mode
  }

  /// Entries that match one of these; none: every entry.
  package var patterns: [Pattern] = []
  /// Entries that match one of these are left out.
  package var excluded: [Pattern] = []
  /// Entries of one of these kinds; none: of every kind.
  package var kinds: Set<Kind> = []

  /// Only what these steps wrote; nil: whoever wrote it.
  package var written: StepWriting?

  /// Everything.
  package init() {}

  /// Whether everything is meant.
  package var isEverything: Bool {
    patterns.isEmpty && excluded.isEmpty && kinds.isEmpty && written == nil
  }

  /// Whether an entry is meant by itself.
  package func contains(_ change: Change) -> Bool {
    let paths = [change.path] + (change.kind == .renamed ? [change.origin ?? change.path] : [])
    func matches(_ patterns: [Pattern]) -> Bool {
      patterns.contains { pattern in paths.contains { pattern.matches($0) } }
    }
    if !patterns.isEmpty, !matches(patterns) { return false }
    if matches(excluded) { return false }
    if let written, !change.isIn(written) { return false }
    guard !kinds.isEmpty else { return true }
    let kind: Kind =
      change.isAttributesOnly ? .mode : Kind(rawValue: change.kind.rawValue) ?? .modified
    return kinds.contains(kind)
  }

  /// The patterns of this selection that no entry of a plan matches.
  package func unmatched(in plan: Plan) -> [Pattern] {
    patterns.filter { pattern in
      !plan.changes.contains { change in
        pattern.matches(change.path) || change.origin.map { pattern.matches($0) } ?? false
          || change.below.contains { item in
            pattern.matches((change.origin ?? change.path).appending(item.path))
          }
      }
    }
  }
}

extension Change {
  /// Whether steps made the change, or had a part in it.
  package func isIn(_ written: StepWriting) -> Bool {
    if let node, written.nodes.contains(node) { return true }
    return [entry, source].contains { key in
      key.map { written.names.contains(ChangedName(parent: $0.parent, name: $0.name)) } ?? false
    }
  }
}

/// What a selection is for: what must come along differs.
package enum Purpose: Sendable {
  /// To be read.
  case showing
  /// To be made real: what is above a change comes along.
  case applying
  /// To be forgotten: what is below a change comes along.
  case discarding
}

extension Plan {
  /// The part of the plan that a selection means, with everything that can't be left behind.
  package func selecting(_ selection: Selection, for purpose: Purpose = .showing) -> Plan {
    guard !selection.isEverything else { return self }
    var chosen = Set(changes.indices.filter { selection.contains(changes[$0]) })
    if purpose != .showing { complete(&chosen, purpose) }
    return part(chosen)
  }

  /// The part of the plan that has the entries of some keys, with everything that can't be left
  /// behind.
  package func selecting(keys: Set<ByteString>, for purpose: Purpose) -> Plan {
    var chosen = Set(changes.indices.filter { keys.contains(changes[$0].key) })
    complete(&chosen, purpose)
    return part(chosen)
  }

  private func part(_ chosen: Set<Int>) -> Plan {
    var part = self
    part.changes = chosen.sorted().map { changes[$0] }
    part.isWhole = part.changes.count == changes.count
    return part
  }

  /// The part of the plan that was chosen entry by entry, with everything that can't be left behind.
  ///
  /// An entry of which only a part was chosen stands for the whole one.
  package func choosing(_ chosen: [Change], for purpose: Purpose) -> Plan {
    let parts = Dictionary(chosen.map { ($0.key, $0) }) { first, _ in first }
    var indices = Set(changes.indices.filter { parts[changes[$0].key] != nil })
    complete(&indices, purpose)
    var part = self
    part.changes = indices.sorted().map { parts[changes[$0].key] ?? changes[$0] }
    part.isWhole = part.changes.count == changes.count && !part.changes.contains(where: \.isPart)
    return part
  }

  /// One entry alone, to be shown.
  package func only(_ change: Change) -> Plan {
    var part = self
    part.changes = [change]
    part.isWhole = changes.count == 1
    return part
  }

  /// What of an entry can be taken by itself; a file with several names comes as a whole.
  package func pieces(of change: Change, _ contents: ContentReader) throws -> ChangePieces {
    let names = changes.count { $0.node == change.node && $0.node != nil }
    return try ChangePieces(change, comesWhole: names > 1, contents)
  }

  /// The entries of this plan of which another part of it leaves something.
  package func rest(without part: Plan) -> Plan {
    let keys = Set(part.changes.filter { !$0.isPart }.map(\.key))
    var rest = self
    rest.changes = changes.filter { !keys.contains($0.key) }
    rest.isWhole = false
    return rest
  }

  private func complete(_ chosen: inout Set<Int>, _ purpose: Purpose) {
    var needs = Dependencies(changes)
    var waiting = Array(chosen)
    while let index = waiting.popLast() {
      for other in needs.companions(of: index, purpose) where chosen.insert(other).inserted {
        waiting.append(other)
      }
    }
  }
}

/// Which entries of a plan can't go one without the other.
private struct Dependencies {
  let changes: [Change]
  private var byPath: [ByteString: [Int]] = [:]
  private var byNode: [NodeID: [Int]] = [:]
  private var byBase: [ByteString: [Int]] = [:]
  private var byRenamedOrigin: [ByteString: Int] = [:]
  /// The entries of each git repository, until they were asked for.
  private var byRepository: [ByteString: [Int]] = [:]

  init(_ changes: [Change]) {
    self.changes = changes
    for (index, change) in changes.enumerated() {
      byPath[change.path, default: []].append(index)
      if let node = change.node { byNode[node, default: []].append(index) }
      if let base = change.base { byBase[base, default: []].append(index) }
      if change.kind == .renamed, let origin = change.origin { byRenamedOrigin[origin] = index }
      if let place = Self.repository(of: change) { byRepository[place, default: []].append(index) }
    }
  }

  private static func repository(of change: Change) -> ByteString? {
    (change.base ?? change.origin ?? change.path).repository
  }

  mutating func companions(of index: Int, _ purpose: Purpose) -> [Int] {
    let change = changes[index]
    var found = byPath[change.path] ?? []
    // Once one of a repository is chosen all are: they are told to the first that asks.
    if let place = Self.repository(of: change) {
      found += byRepository.removeValue(forKey: place) ?? []
    }
    if let node = change.node { found += byNode[node] ?? [] }
    // What stands where something else was has to wait for it to leave.
    if let base = change.base, let mover = byRenamedOrigin[base] { found.append(mover) }
    if change.kind == .renamed, let origin = change.origin, purpose == .discarding {
      found += byBase[origin] ?? []
      found += deletions(above: origin)
    }
    if change.kind == .deleted, let origin = change.origin, change.fileKind == .directory {
      found += byRenamedOrigin.filter { $0.key.isWithin(origin) }.map(\.value)
    }
    let isNew = change.kind == .added || change.kind == .renamed
    if purpose == .applying {
      found += above(change.path)
    } else if isNew, change.fileKind == .directory {
      found += changes.indices.filter { changes[$0].path.isWithin(change.path) }
    }
    return found
  }

  /// The new and renamed directories above a path, and what gave way to them.
  private func above(_ path: ByteString) -> [Int] {
    var found: [Int] = []
    var parent = path.parent
    while !parent.isEmpty {
      let here = byPath[parent] ?? []
      if here.contains(where: { changes[$0].kind == .added || changes[$0].kind == .renamed }) {
        found += here
      }
      parent = parent.parent
    }
    return found
  }

  private func deletions(above path: ByteString) -> [Int] {
    changes.indices.filter { index in
      guard changes[index].kind == .deleted, let origin = changes[index].origin else {
        return false
      }
      return path.isWithin(origin)
    }
  }
}
