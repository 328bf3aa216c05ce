import Linux

/// Compares the files of a session with the rows that name them.
final class FileCheck {
  private let database: Database
  private let objects: Descriptor
  private let bases: Descriptor
  /// All places where content may be; what others have as well is never an orphan of this one.
  private let places: (objects: [Descriptor], bases: [Descriptor])
  /// Whether applies are kept: what they changed may be pinned again, with its content.
  private let hasKeptApplies: Bool
  private var orphans: [(Descriptor, ByteString)] = []

  /// Both must outlive this.
  init(_ database: Database, _ files: borrowing SessionFiles) throws(StoreError) {
    self.database = database
    do { hasKeptApplies = try !KeptApply.all(in: files.directory.borrowed).isEmpty } catch {
      throw .system(error)
    }
    objects = files.objectDirectory
    bases = files.baseDirectory
    places = (files.objectPlaces, files.basePlaces)
  }

  /// Looks at all files; a repair changes rows only.
  func run(repairing: Bool) throws(StoreError) -> [Finding] {
    var found = try checkObjects(repairing: repairing)
    found += try checkBases(repairing: repairing)
    found += try findOrphans(repairing: repairing)
    return found
  }

  /// Removes the files that nothing needs, once the rows are on the disk.
  func removeOrphans() throws(StoreError) {
    for (directory, name) in orphans {
      do { try directory.remove(name) } catch {
        throw .system(SystemError("remove what no row needs", name, error))
      }
    }
  }

  private func checkObjects(repairing: Bool) throws(StoreError) -> [Finding] {
    var found: [Finding] = []
    for (id, needed) in try pairs(
      "SELECT object, max(size) FROM node WHERE object NOT NULL GROUP BY object ORDER BY object")
    {
      let size = try size(of: id, in: places.objects)
      if let size, size >= needed { continue }
      let words =
        size.map { "object \(id) has \($0) of its \(needed) bytes" }
        ?? "object \(id), \(needed) bytes, is missing"
      var finding = Finding(kind: .lostContent, words: words)
      if repairing { finding.remedy = try giveUp(id, needed: needed, left: size) }
      found.append(finding)
    }
    return found
  }

  /// Lets no row promise bytes that are gone.
  ///
  /// A file that came from the project shows the project's content again. Any other keeps what is
  /// left of it, under another name: under its own an apply would put the rest over the project's.
  private func giveUp(_ id: Int64, needed: Int64, left: Int64?) throws(StoreError) -> String {
    try database.execute(
      "INSERT OR REPLACE INTO meta (key, value) VALUES ('lost_\(id)', \(needed - (left ?? 0)))")
    guard let left else {
      try database.execute(
        """
        UPDATE node SET flags = (flags & ~8) | 2, object = NULL
          WHERE object = \(id) AND origin NOT NULL;
        """)
      try rename(id)
      try database.execute("UPDATE node SET object = NULL, size = 0 WHERE object = \(id)")
      return "shown as the project has it, or empty as '.lost-\(id)'"
    }
    try rename(id)
    try database.execute(
      "UPDATE node SET size = \(left) WHERE object = \(id) AND size > \(left)")
    return "what is left is named '.lost-\(id)'"
  }

  private func rename(_ id: Int64) throws(StoreError) {
    try database.execute(
      """
      UPDATE OR IGNORE entry SET name = CAST(substr(name, 1, 220) || '.lost-\(id)' AS BLOB)
        WHERE EXISTS (SELECT 1 FROM node WHERE node.id = entry.node AND node.object = \(id)
          AND node.from_step < coalesce(entry.to_step, 1 << 60)
          AND coalesce(node.to_step, 1 << 60) > entry.from_step)
      """)
  }

  private func checkBases(repairing: Bool) throws(StoreError) -> [Finding] {
    var found: [Finding] = []
    for pin in try database.pins().values.sorted(by: { ($0.root, $0.path) < ($1.root, $1.path) }) {
      guard let base = pin.base, try !isWhole(base, of: pin) else { continue }
      let words = "what is kept of '\(pin.path.printable)' for merging is gone or was changed"
      var finding = Finding(kind: .lostBase, words: words)
      if repairing {
        let row = try database.statement("UPDATE pin SET base = NULL WHERE root = ? AND path = ?")
        row.bind(1, pin.root)
        row.bind(2, pin.path.bytes)
        try row.run()
        finding.remedy = "forgotten: conflicts there can't be merged"
      }
      found.append(finding)
    }
    return found
  }

  private func isWhole(_ base: ObjectID, of pin: Pin) throws(StoreError) -> Bool {
    guard let size = try size(of: base.rawValue, in: places.bases), size < 1 << 30 else {
      return false
    }
    guard let hash = pin.hash else { return true }
    do throws(Errno) {
      let digest = try places.bases.firstHaving { place throws(Errno) in
        let file = try place.open(ByteString(base.fileName), [.noFollow])
        return SHA256.digest(try file.borrowed.readAll(limit: 1 << 30))
      }
      return digest == hash
    } catch { throw .system(SystemError("read kept content", pin.path, error)) }
  }

  private func findOrphans(repairing: Bool) throws(StoreError) -> [Finding] {
    orphans = []
    var found: [Finding] = []
    var places = [("objects", objects, "SELECT DISTINCT object FROM node WHERE object NOT NULL")]
    if !hasKeptApplies {
      places.append(("base", bases, "SELECT base FROM pin WHERE base NOT NULL"))
    }
    for (place, directory, query) in places {
      let needed = Set(try database.integers(query))
      let names: [ByteString]
      do { names = try directory.entryNames() } catch {
        throw .system(SystemError("list the session's files in", ByteString(place), error))
      }
      let spare = names.filter { name in
        guard let id = name.string.flatMap({ Int64($0) }) else { return false }
        return !needed.contains(id)
      }
      if spare.isEmpty { continue }
      orphans += spare.map { (directory, $0) }
      found.append(
        Finding(
          kind: .orphan, words: "\(spare.count) files in '\(place)' are needed by no row",
          remedy: repairing ? "removed" : nil))
    }
    return found
  }

  private func size(of id: Int64, in places: [Descriptor]) throws(StoreError) -> Int64? {
    do throws(Errno) {
      let status = try places.firstHaving { place throws(Errno) in
        try place.status(of: ByteString("\(id)"))
      }
      return status.kind == .regular ? status.size : nil
    } catch .noEntry { return nil } catch {
      throw .system(SystemError("look at the session's file", ByteString("\(id)"), error))
    }
  }

  private func pairs(_ query: String) throws(StoreError) -> [(Int64, Int64)] {
    let rows = try database.statement(query)
    defer { rows.reset() }
    var found: [(Int64, Int64)] = []
    while try rows.step() { found.append((rows.integer(0), rows.integer(1))) }
    return found
  }
}
