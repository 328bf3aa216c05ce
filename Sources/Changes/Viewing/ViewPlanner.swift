import Linux
import Store

extension Plan {
  /// What would turn one view of a root into another: of two steps, or of two sessions.
  ///
  /// Such a plan is to be looked at, not applied: it speaks of no pins.
  package init(from old: SessionView, to new: SessionView) throws {
    var planner = ViewPlanner(old: old, new: new)
    try planner.run()
    self.init(
      root: new.root, changes: planner.changes.sorted(by: Change.precedes), claims: [:], moved: [],
      directoryTimes: [:])
    isSpelledOut = true
  }
}

extension Plan {
  /// What changed between two steps of a session; costs what changed, not what the session holds.
  package init(
    _ history: TreeHistory, from old: StepID, to new: StepID, reader: SessionReader, root: Root,
    lower: LowerTree
  ) throws {
    let pair = history.pair(from: old, to: new)
    try self.init(
      from: SessionView(
        reader, root: root, lower: lower, pair.before, pair.attributesBefore),
      to: SessionView(reader, root: root, lower: lower, pair.after, pair.attributesAfter))
  }
}

extension ContentReader {
  /// The contents of a plan from one view to another.
  package convenience init(from old: SessionView, to new: SessionView) {
    self.init(
      reader: new.reader, lower: new.lower,
      other: old.reader === new.reader ? nil : ContentReader(reader: old.reader, lower: old.lower))
  }
}

/// Compares two views path by path, and pairs what went with what came.
private struct ViewPlanner {
  let old: SessionView
  let new: SessionView
  let contents: ContentReader
  var changes: [Change] = []
  private var lost: [ViewItem] = []
  private var found: [ViewItem] = []
  private var places: [ViewItem.Identity: ByteString] = [:]

  init(old: SessionView, new: SessionView) {
    self.old = old
    self.new = new
    contents = ContentReader(from: old, to: new)
  }

  mutating func run() throws {
    for path in try old.paths(apartFrom: new) {
      let (before, after) = (try old.item(at: path), try new.item(at: path))
      if let before, let after, before.kind == after.kind {
        try modify(before, after)
      } else {
        if let before { lost.append(before) }
        if let after { found.append(after) }
      }
    }
    try pairRenames()
  }

  private mutating func modify(_ before: ViewItem, _ after: ViewItem) throws {
    var change = try described(.modified, before, after)
    if change.differences.isEmpty { return }
    change.origin = before.path
    changes.append(change)
  }

  /// What a thing was is known by its node, or by where the project has it.
  private enum Trace: Hashable {
    case node(NodeID)
    case lower(ByteString, FileKind)
  }

  private func traces(of item: ViewItem) -> [Trace] {
    let node = old.reader === new.reader ? item.node.map { Trace.node($0) } : nil
    return [node, item.origin.map { .lower($0, item.kind) }].compactMap { $0 }
  }

  private mutating func pairRenames() throws {
    var known: [Trace: Int] = [:]
    for (index, item) in lost.enumerated() {
      for trace in traces(of: item) where known[trace] == nil { known[trace] = index }
    }
    var paired: Set<Int> = []
    for item in found {
      let match = traces(of: item).lazy.compactMap { known[$0] }
        .first { !paired.contains($0) && lost[$0].kind == item.kind && lost[$0].path != item.path }
      if let match {
        paired.insert(match)
        var change = try described(.renamed, lost[match], item)
        change.origin = lost[match].path
        changes.append(change)
      } else {
        add(item)
      }
    }
    for (index, item) in lost.enumerated() where !paired.contains(index) {
      var change = Change(.deleted, path: item.path)
      change.origin = item.path
      change.old = Facts(item)
      change.oldContent = earlier(item.content)
      changes.append(change)
    }
  }

  private mutating func add(_ item: ViewItem) {
    var change = Change(.added, path: item.path)
    change.new = Facts(item)
    change.newContent = item.content
    if let identity = item.identity {
      change.linkedTo = places[identity]
      places[identity] = places[identity] ?? item.path
    }
    changes.append(change)
  }

  private func described(_ kind: Change.Kind, _ before: ViewItem, _ after: ViewItem) throws
    -> Change
  {
    var change = Change(kind, path: after.path)
    let (old, new) = (Facts(before), Facts(after))
    (change.old, change.new) = (old, new)
    (change.oldContent, change.newContent) = (earlier(before.content), after.content)
    if old.permissions != new.permissions, new.kind != .symlink {
      change.differences.insert(.permissions)
    }
    if old.owner != new.owner || old.group != new.group { change.differences.insert(.owner) }
    if old.attributes != new.attributes { change.differences.insert(.attributes) }
    if try !isSameContent(change, old, new) { change.differences.insert(.content) }
    return change
  }

  private func isSameContent(_ change: Change, _ old: Facts, _ new: Facts) throws -> Bool {
    switch new.kind {
    case .regular:
      try old.size == new.size
        && contents.areEqual(change.newContent, change.oldContent, size: new.size)
    case .symlink: old.target == new.target
    case .characterDevice, .blockDevice: old.device == new.device
    case .directory, .fifo, .socket: true
    }
  }

  /// A content of the earlier view, as the reader of both knows it.
  private func earlier(_ content: Content) -> Content {
    guard old.reader !== new.reader else { return content }
    switch content {
    case .object, .partial: return .elsewhere(content)
    default: return content
    }
  }
}
