import Linux

// A session that was taken to another directory: a copy of the project, perhaps on another machine.
extension Database {
  /// Lets the rows of a root speak of the files in another directory.
  ///
  /// A pin is taken to be of the file that is there now where kind, size and time of the last write
  /// are the same; any other stays as it is, and shows as a conflict.
  func rebind(root: Int64, to directory: Descriptor, path: ByteString) throws(StoreError) {
    let top: FileStatus
    do { top = try directory.status() } catch {
      throw .system(SystemError("look at", path, error))
    }
    let row = try statement("UPDATE root SET path = ?, device = ?, inode = ? WHERE id = ?")
    row.bind(1, path.bytes)
    row.bind(2, Int64(bitPattern: top.device))
    row.bind(3, Int64(bitPattern: top.inode))
    row.bind(4, root)
    try row.run()
    try rebindNodes(of: root, to: directory)
    for pin in try pins().values where pin.root == root {
      guard let status = Self.status(of: pin.path, in: directory), pin.isLike(status) else {
        continue
      }
      var pin = pin
      (pin.device, pin.inode, pin.changed) = (status.device, status.inode, status.changed)
      let row = try statement(
        "INSERT OR REPLACE INTO pin (\(Schema.pinColumns)) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
      pin.bind(to: row)
      try row.run()
    }
  }

  private func rebindNodes(of root: Int64, to directory: Descriptor) throws(StoreError) {
    let rows = try statement(
      "SELECT id, from_step, kind, origin FROM node WHERE root = ? AND origin NOT NULL")
    rows.bind(1, root)
    var found: [(id: Int64, step: Int64, status: FileStatus)] = []
    while try rows.step() {
      let path = ByteString(rows.bytes(3))
      if let status = Self.status(of: path, in: directory),
        Int64(status.kind.rawValue) == rows.integer(2)
      {
        found.append((rows.integer(0), rows.integer(1), status))
      }
    }
    rows.reset()
    let row = try statement(
      "UPDATE node SET origin_device = ?, origin_inode = ? WHERE id = ? AND from_step = ?")
    for node in found {
      row.bind(1, Int64(bitPattern: node.status.device))
      row.bind(2, Int64(bitPattern: node.status.inode))
      row.bind(3, node.id)
      row.bind(4, node.step)
      try row.run()
    }
  }

  private static func status(of path: ByteString, in directory: Descriptor) -> FileStatus? {
    if path.isEmpty { return try? directory.status() }
    // What can't be reached is not there, and shows as such.
    guard let opened = try? directory.open(beneath: path, [.path, .noFollow]) else { return nil }
    return try? opened.borrowed.status()
  }
}

extension Pin {
  fileprivate func isLike(_ status: FileStatus) -> Bool {
    kind == status.kind
      && (kind == .directory || size == status.size && modified == status.modified)
  }
}
