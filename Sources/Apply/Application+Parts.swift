import Changes
import Linux
import Store

// Changes of which only a part lands, or is forgotten.
extension Application {
  /// Gives a file of which only a part lands an object with all of its content: where the project's
  /// showed through, it is about to be another one.
  func makeWhole(_ part: Plan) throws {
    let nodes = part.changes.filter(\.isPart).compactMap(\.node)
    let rows = nodes.compactMap { id in store.tree.lock.with { store.tree.row(id) } }
      .filter { $0.flags.contains(.partial) }
    guard !rows.isEmpty else { return }
    let contents = try contents()
    for var row in rows {
      guard let object = row.object, let origin = row.origin else { continue }
      let whole = try contents.open(.partial(object, over: origin), size: row.size)
      row.object = try self.object(holding: whole)
      row.flags.remove(.partial)
      store.tree.lock.with { store.tree.rewrite(row) }
    }
    try store.flush(durable: true)
  }

  /// The nodes of which a plan forgets only a part, as they shall be.
  func forgotten(in part: Plan) throws -> [Node] {
    let contents = try contents()
    var rows: [Node] = []
    for change in part.changes where change.isPart {
      guard let id = change.node, let new = change.new,
        var row = store.tree.lock.with({ store.tree.row(id) })
      else { continue }
      if case .bytes = change.newContent {
        row.object = try object(holding: contents.open(change.newContent, size: new.size))
        row.flags.subtract([.partial, .lowerContent])
        (row.size, row.modified, row.changed) = (new.size, new.modified, new.modified)
      }
      (row.permissions, row.owner, row.group) = (new.permissions, new.owner, new.group)
      if !change.differences.contains(.attributes), new.attributes == change.old?.attributes,
        row.origin != nil
      {
        row.flags.insert(.lowerExtendedAttributes)
      }
      rows.append(row)
    }
    return rows
  }

  private func object(holding content: OpenContent) throws -> ObjectID {
    let made = try attempt("make an object for the session") { () throws(Errno) in
      try store.newObject()
    }
    try content.copy(to: made.file.borrowed)
    try attempt("write an object to the disk") { () throws(Errno) in
      try made.file.borrowed.synchronize()
    }
    return made.id
  }
}
