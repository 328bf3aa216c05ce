import Linux

// Names.
extension TreeMerge {
  mutating func mergeEntries() {
    var directories = Set(base.tree.children.keys).union(branch.tree.children.keys)
    directories = directories.filter { numbers[$0] != nil }
    for directory in directories {
      guard let own = numbers[directory] else { continue }
      let then = names(of: directory, in: base.tree, mapped: true)
      let now = names(of: directory, in: branch.tree, mapped: true)
      var here = names(of: own, in: tree, mapped: false)
      for name in Set(then.keys).union(now.keys) where then[name] != now[name] {
        hasChanges = true
        if here[name] == now[name] { continue }
        if here[name] == then[name] {
          supersede(then[name] ?? nil, by: now[name] ?? nil)
          here[name] = now[name]
        } else {
          conflicts.append(Conflict(path: path(own).appending(name), reason: .name))
        }
      }
      tree.children[own] = here.sorted { $0.key < $1.key }.map {
        Entry(parent: own, name: $0.key, node: $0.value)
      }
    }
  }

  /// A file that the session wrote while the branch put another one in its place.
  private mutating func supersede(_ old: NodeID?, by new: NodeID?) {
    guard let old, let new, made.contains(new), let then = former.nodes[old],
      let now = tree.nodes[old], let row = tree.nodes[new], !then.hasContent(of: now),
      now.kind == .regular, row.kind == .regular,
      let base = base.tree.nodes.values.first(where: { numbers[$0.id] == old }),
      let own = branch.tree.nodes.values.first(where: { numbers[$0.id] == new })
    else { return }
    superseded.insert(old)
    contest(new, base, own, now)
  }

  /// Names with what they stand for, in the session's numbers.
  private func names(of directory: NodeID, in tree: SavedTree, mapped: Bool) -> [ByteString:
    NodeID?]
  {
    var found: [ByteString: NodeID?] = [:]
    for entry in tree.children[directory] ?? [] {
      found[entry.name] = .some(entry.node.flatMap { mapped ? numbers[$0] : $0 })
    }
    return found
  }

  func path(_ number: NodeID) -> ByteString { paths[number] ?? ByteString([]) }

  /// Drops what no name leads to any more, and refuses what two names lead to that may not.
  mutating func checkPlaces(_ roots: [Root]) {
    var places: [NodeID: [ByteString]] = [:]
    for root in roots { findPlaces(below: root.node, ByteString([]), &places) }
    let tops = Set(roots.map(\.node))
    for (id, row) in tree.nodes where !tops.contains(id) {
      let found = places[id] ?? []
      let isMoreThanOnce = row.kind == .directory ? found.count > 1 : found.count > row.linkCount
      if isMoreThanOnce, !row.flags.contains(.linked) {
        conflicts += found.map { Conflict(path: $0, reason: .place) }
      }
      guard found.isEmpty, !row.flags.contains(.linked) else { continue }
      if made.contains(id) {
        if !row.isLowers { conflicts.append(Conflict(path: path(id), reason: .deletedHere)) }
      } else if !row.isLowers, !superseded.contains(id),
        former.nodes[id].map({ !$0.isSame(as: row) }) ?? true
      {
        conflicts.append(Conflict(path: path(id), reason: .deletedThere))
      }
      tree.nodes[id] = nil
      tree.children[id] = nil
      attributes[id] = nil
      imported[id] = nil
    }
  }

  private func findPlaces(
    below directory: NodeID, _ path: ByteString, _ places: inout [NodeID: [ByteString]]
  ) {
    for entry in tree.children[directory] ?? [] {
      guard let id = entry.node, let row = tree.nodes[id] else { continue }
      let place = path.appending(entry.name)
      let isFirst = places[id] == nil
      places[id, default: []].append(place)
      if isFirst, row.kind == .directory { findPlaces(below: id, place, &places) }
    }
  }
}
