import Linux

extension SealedBatch {
  /// Writes everything; the caller has begun a transaction.
  func write(to database: Database) throws(StoreError) {
    for step in batch.steps { try write(step, to: database) }
    for root in batch.clearedRoots { try clear(root, in: database) }
    for dropped in batch.droppedNodes where dropped.saved != 0 {
      try close(dropped.id, in: database)
    }
    for node in nodes { try write(node, to: database) }
    for entry in batch.entries { try write(entry, to: database) }
    // Removed ones first: a pin of the batch is one that came after.
    for key in batch.removedPins {
      let row = try database.statement("DELETE FROM pin WHERE root = ? AND path = ?")
      row.bind(1, key.root)
      row.bind(2, key.path.bytes)
      try row.run()
    }
    for var pin in batch.pins.values {
      if let content = pin.base.flatMap({ batch.bases[$0] }) { pin.hash = SHA256.digest(content) }
      let row = try database.statement(
        "INSERT OR REPLACE INTO pin (\(Schema.pinColumns)) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
      pin.bind(to: row)
      try row.run()
    }
    try write("next_node", nextNode, to: database)
    try write("next_object", nextObject, to: database)
  }

  /// Ends all rows of a root but its top's own, entries first: they are found by their nodes.
  private func clear(_ root: Int64, in database: Database) throws(StoreError) {
    let below = "IN (SELECT id FROM node WHERE root = ?2)"
    let rows = [
      ("entry", "parent \(below)"), ("xattr", "node \(below)"), ("node", "root = ?2 AND id <> ?2"),
    ]
    for (table, condition) in rows {
      for sql in [
        "UPDATE \(table) SET to_step = ?1 WHERE \(condition) AND to_step IS NULL AND from_step < ?1",
        "DELETE FROM \(table) WHERE \(condition) AND from_step = ?1",
      ] {
        let row = try database.statement(sql)
        row.bind(1, batch.step.rawValue)
        row.bind(2, root)
        try row.run()
      }
    }
    let pins = try database.statement("DELETE FROM pin WHERE root = ?")
    pins.bind(1, root)
    try pins.run()
  }

  private func write(_ step: Step, to database: Database) throws(StoreError) {
    let row = try database.statement(
      "INSERT OR REPLACE INTO step (id, kind, began, ended, command, status, message, restores) "
        + "VALUES (?,?,?,?,?,?,?,?)")
    step.bind(to: row)
    try row.run()
  }

  private func write(_ key: String, _ value: Int64, to database: Database) throws(StoreError) {
    let row = try database.statement("INSERT OR REPLACE INTO meta (key, value) VALUES (?,?)")
    row.bind(1, key)
    row.bind(2, value)
    try row.run()
  }

  /// Ends the rows of a node that is gone: older ones in this step, this step's own at once.
  private func close(_ id: NodeID, in database: Database) throws(StoreError) {
    for (table, key) in [("node", "id"), ("xattr", "node")] {
      let ended = try database.statement(
        "UPDATE \(table) SET to_step = ?1 WHERE \(key) = ?2 AND to_step IS NULL AND from_step < ?1")
      ended.bind(1, batch.step.rawValue)
      ended.bind(2, id.rawValue)
      try ended.run()
      let gone = try database.statement(
        "DELETE FROM \(table) WHERE \(key) = ?2 AND from_step = ?1")
      gone.bind(1, batch.step.rawValue)
      gone.bind(2, id.rawValue)
      try gone.run()
    }
  }

  private func write(_ node: SealedNode, to database: Database) throws(StoreError) {
    if node.wasSavedEarlier {
      let ended = try database.statement(
        "UPDATE node SET to_step = ?1 WHERE id = ?2 AND to_step IS NULL AND from_step < ?1")
      ended.bind(1, batch.step.rawValue)
      ended.bind(2, node.row.id.rawValue)
      try ended.run()
    }
    try database.insert(node.row, from: batch.step)
    if let attributes = node.attributes {
      try write(attributes, of: node.row.id, to: database)
    }
    if let extents = node.extents, let object = node.row.object {
      try write(extents, of: object, to: database)
    }
  }

  private func write(_ attributes: [ByteString: [UInt8]], of id: NodeID, to database: Database)
    throws(StoreError)
  {
    let ended = try database.statement(
      "UPDATE xattr SET to_step = ?1 WHERE node = ?2 AND to_step IS NULL AND from_step < ?1")
    ended.bind(1, batch.step.rawValue)
    ended.bind(2, id.rawValue)
    try ended.run()
    let gone = try database.statement("DELETE FROM xattr WHERE node = ?2 AND from_step = ?1")
    gone.bind(1, batch.step.rawValue)
    gone.bind(2, id.rawValue)
    try gone.run()
    for (name, value) in attributes {
      let row = try database.statement(
        "INSERT INTO xattr (node, name, from_step, to_step, value) VALUES (?,?,?,NULL,?)")
      row.bind(1, id.rawValue)
      row.bind(2, name.bytes)
      row.bind(3, batch.step.rawValue)
      row.bind(4, value)
      try row.run()
    }
  }

  private func write(_ extents: [Range<Int64>], of object: ObjectID, to database: Database)
    throws(StoreError)
  {
    let gone = try database.statement("DELETE FROM extent WHERE object = ?")
    gone.bind(1, object.rawValue)
    try gone.run()
    for range in extents {
      let row = try database.statement("INSERT INTO extent (object, start, length) VALUES (?,?,?)")
      row.bind(1, object.rawValue)
      row.bind(2, range.lowerBound)
      row.bind(3, range.upperBound - range.lowerBound)
      try row.run()
    }
  }

  private func write(_ entry: PendingEntry, to database: Database) throws(StoreError) {
    let ended = try database.statement(
      "UPDATE entry SET to_step = ?1 "
        + "WHERE parent = ?2 AND name = ?3 AND to_step IS NULL AND from_step < ?1")
    ended.bind(1, batch.step.rawValue)
    ended.bind(2, entry.parent.rawValue)
    ended.bind(3, entry.name.bytes)
    try ended.run()
    let node: Int64
    switch entry.value {
    case .removed:
      let gone = try database.statement(
        "DELETE FROM entry WHERE parent = ?2 AND name = ?3 AND from_step = ?1")
      gone.bind(1, batch.step.rawValue)
      gone.bind(2, entry.parent.rawValue)
      gone.bind(3, entry.name.bytes)
      return try gone.run()
    case .whiteout: node = 0
    case .node(let id): node = id.rawValue
    }
    let row = try database.statement(
      "INSERT OR REPLACE INTO entry (parent, name, from_step, to_step, node) VALUES (?,?,?,NULL,?)")
    row.bind(1, entry.parent.rawValue)
    row.bind(2, entry.name.bytes)
    row.bind(3, batch.step.rawValue)
    row.bind(4, node)
    try row.run()
  }
}

extension Database {
  /// Writes the row of a node that is valid from a step on.
  func insert(_ node: Node, from step: StepID) throws(StoreError) {
    let row = try statement(
      "INSERT OR REPLACE INTO node (from_step, to_step, \(Schema.nodeColumns)) "
        + "VALUES (?,NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
    row.bind(1, step.rawValue)
    node.bind(to: row, from: 2)
    try row.run()
  }
}
