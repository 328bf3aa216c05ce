import Linux
import Store

/// Compares what a session says with what the lower has, changed node by changed node.
struct Planner {
  let tree: SavedTree
  let attributes: [NodeID: [ByteString: [UInt8]]]
  let root: Root
  let contents: ContentReader
  let survey: Survey
  /// What the lower was where the session changed it.
  let pins: [PinKey: Pin]
  var changes: [Change] = []
  var directoryTimes: [ByteString: Timestamp] = [:]

  var lower: LowerTree { contents.lower }

  static func plan(
    tree: SavedTree, attributes: [NodeID: [ByteString: [UInt8]]], root: Root,
    contents: ContentReader, pins: [PinKey: Pin]
  ) throws -> Plan {
    var planner = Planner(
      tree: tree, attributes: attributes, root: root, contents: contents,
      survey: try Survey(tree: tree, root: root, lower: contents.lower), pins: pins)
    try planner.compareTop()
    try planner.compareNameless()
    planner.changes.sort(by: Change.precedes)
    var plan = Plan(
      root: root, changes: planner.changes, claims: planner.survey.claims,
      moved: planner.survey.moved, directoryTimes: planner.directoryTimes)
    for (id, name) in planner.survey.otherOrigins {
      if let origin = tree.nodes[id]?.origin { plan.otherNames[origin] = name }
    }
    return plan
  }

  private mutating func compareTop() throws {
    guard let top = tree.nodes[root.node] else { return }
    let path = ByteString([])
    if !top.flags.contains(.lowerAttributes) || !top.flags.contains(.lowerExtendedAttributes) {
      try compareAtHome(
        top, Place(path: path, base: path, there: try lower.status(path), entry: nil))
    }
    try visit(root.node, at: path, base: path, hidesRest: false)
  }

  /// Files whose names the session took away, while others that it never touched lead to them.
  private mutating func compareNameless() throws {
    for node in tree.nodes.values.sorted(by: { $0.id < $1.id })
    where node.root == root.id && node.flags.contains(.linked) && survey.placements[node.id] == nil
    {
      guard let origin = node.origin, let there = try lower.status(origin),
        there.inode == node.originInode, there.linkCount > 1
      else { continue }
      let before = changes.count
      try modify(node, Place(path: origin, base: origin, there: there, entry: nil), there)
      if changes.count > before { changes[before].isNameless = true }
    }
  }

  /// One name of a directory under comparison.
  struct Place {
    let path: ByteString
    let base: ByteString?
    /// What the lower has there, unless it has moved.
    let there: FileStatus?
    let entry: EntryKey?
  }

  private mutating func visit(
    _ directory: NodeID, at path: ByteString, base: ByteString?, hidesRest: Bool
  ) throws {
    let entries = tree.children[directory] ?? []
    if hidesRest, let base { try hideRest(of: base, at: path, behind: entries) }
    for entry in entries {
      let under = base?.appending(entry.name)
      let place = Place(
        path: path.appending(entry.name), base: under, there: try present(under),
        entry: EntryKey(parent: directory, name: entry.name))
      if let id = entry.node, let node = tree.nodes[id] {
        try compare(node, place)
      } else if let status = place.there, let under {
        try delete(place, under, status)
      }
    }
  }

  /// What the lower has at a path, unless the session shows it elsewhere.
  private func present(_ path: ByteString?) throws -> FileStatus? {
    guard let path, !survey.moved.contains(path) else { return nil }
    return try lower.status(path)
  }

  /// The names of the lower that an opaque directory does not show.
  private mutating func hideRest(
    of base: ByteString, at path: ByteString, behind entries: [Entry]
  ) throws {
    let shown = Set(entries.map(\.name))
    for name in try lower.names(base) where !shown.contains(name) {
      let under = base.appending(name)
      guard let status = try present(under) else { continue }
      try delete(
        Place(path: path.appending(name), base: under, there: status, entry: nil), under, status)
    }
  }

  private mutating func compare(_ node: Node, _ place: Place) throws {
    guard let home = survey.home(of: node.id), home.path == place.path else {
      return try compareFurtherName(node, place)
    }
    if let origin = survey.origin(of: node), place.base == origin, !survey.moved.contains(origin) {
      return try compareAtHome(node, place)
    }
    if node.origin != nil { return try compareRenamed(node, place) }
    try compareNew(node, place)
  }

  /// A node where the lower has what it came from.
  private mutating func compareAtHome(_ node: Node, _ place: Place) throws {
    let isLowers =
      node.flags.contains([.lowerAttributes, .lowerExtendedAttributes])
      && (node.kind == .directory || node.flags.contains(.lowerContent))
    if let there = place.there, there.kind == node.kind {
      if !isLowers { try modify(node, place, there) }
    } else if !isLowers, !isOnlyTouched(node) {
      if let there = place.there, let base = place.base { try delete(place, base, there) }
      try add(node, place)
    }
    if node.kind == .directory, !place.path.isEmpty {
      noteTimes(node, place)
      try visit(
        node.id, at: place.path, base: survey.childBase(of: node, on: place.base),
        hidesRest: !node.flags.contains(.merged) && place.there?.kind == .directory)
    } else if place.path.isEmpty {
      noteTimes(node, place)
    }
  }

  /// Whether the session changed only names in a directory of the lower: when the host has taken it
  /// away, that is no reason to make it again.
  private func isOnlyTouched(_ node: Node) -> Bool {
    guard node.kind == .directory, node.flags.contains(.merged), let origin = node.origin else {
      return false
    }
    return pins[PinKey(root: root.id, path: origin)] == nil
  }

  private mutating func compareNew(_ node: Node, _ place: Place) throws {
    let isSameKind = place.there?.kind == node.kind
    if let there = place.there, isSameKind {
      try modify(node, place, there)
    } else {
      if let there = place.there, let base = place.base { try delete(place, base, there) }
      try add(node, place)
    }
    guard node.kind == .directory else { return }
    noteTimes(node, place)
    try visit(
      node.id, at: place.path, base: isSameKind ? place.base : nil,
      hidesRest: isSameKind && hidesLower(place))
  }

  /// Whether a new directory stands for one that the session took away: one that the host has made
  /// meanwhile hides nothing of the host's.
  private func hidesLower(_ place: Place) -> Bool {
    place.base.flatMap { pins[PinKey(root: root.id, path: $0)] }?.kind == .directory
  }

  private mutating func compareRenamed(_ node: Node, _ place: Place) throws {
    var change = Change(.renamed, path: place.path)
    change.origin = node.origin
    change.base = place.base
    change.source = node.origin.flatMap { survey.claims[$0] }
    if let there = place.there, let base = place.base {
      if there.kind == node.kind && node.kind != .directory {
        change.replaced = Facts(there, target: try targetOf(there, at: base))
      } else {
        try delete(place, base, there)
      }
    }
    try describe(&change, node, place)
    changes.append(change)
    guard node.kind == .directory else { return }
    noteTimes(node, place)
    try visit(
      node.id, at: place.path, base: survey.childBase(of: node, on: nil), hidesRest: false)
  }

  /// A further name of a file that has several.
  private mutating func compareFurtherName(_ node: Node, _ place: Place) throws {
    guard let home = survey.home(of: node.id) else { return }
    if let there = place.there, there.inode == node.originInode, there.device == node.originDevice,
      node.origin != nil
    {
      // The lower has the two names linked already: only what the node changed is of interest.
      let before = changes.count
      try modify(node, place, there)
      if changes.count > before { changes[before].linkedTo = home.path }
      return
    }
    if let there = place.there, let base = place.base, there.kind != node.kind {
      try delete(place, base, there)
    }
    var change = Change(place.there?.kind == node.kind ? .modified : .added, path: place.path)
    change.origin = change.kind == .modified ? place.base : nil
    change.base = place.base
    try describe(&change, node, place)
    if change.kind == .modified { try describeOld(&change, place) }
    change.differences = .content
    change.isReplacement = true
    change.linkedTo = home.path
    changes.append(change)
  }

  private mutating func noteTimes(_ node: Node, _ place: Place) {
    if !node.flags.contains(.lowerAttributes) { directoryTimes[place.path] = node.modified }
  }
}
