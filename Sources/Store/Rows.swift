import Linux

// How values are laid into rows and read back; the order of columns is Schema's.

extension Node {
  init(row: Statement) throws(StoreError) {
    guard let kind = FileKind(rawValue: UInt8(truncatingIfNeeded: row.integer(2))) else {
      throw .damaged("node \(row.integer(0)) has kind \(row.integer(2))")
    }
    id = NodeID(row.integer(0))
    root = row.integer(1)
    self.kind = kind
    flags = NodeFlags(rawValue: row.integer(3))
    permissions = UInt16(truncatingIfNeeded: row.integer(4))
    owner = UInt32(truncatingIfNeeded: row.integer(5))
    group = UInt32(truncatingIfNeeded: row.integer(6))
    device = UInt64(bitPattern: row.integer(7))
    linkCount = UInt32(truncatingIfNeeded: row.integer(8))
    size = row.integer(9)
    accessed = Timestamp(nanoseconds: row.integer(10))
    modified = Timestamp(nanoseconds: row.integer(11))
    changed = Timestamp(nanoseconds: row.integer(12))
    inode = UInt64(bitPattern: row.integer(13))
    object = row.optionalInteger(14).map { ObjectID($0) }
    objectStep = StepID(row.integer(15))
    target = row.optionalBytes(16).map { ByteString($0) }
    origin = row.optionalBytes(17).map { ByteString($0) }
    originDevice = UInt64(bitPattern: row.integer(18))
    originInode = UInt64(bitPattern: row.integer(19))
  }

  /// Binds the columns from `first` on.
  func bind(to row: Statement, from first: Int32) {
    let numbers: [Int64] = [
      id.rawValue, root, Int64(kind.rawValue), flags.rawValue, Int64(permissions), Int64(owner),
      Int64(group), Int64(bitPattern: device), Int64(linkCount), size, accessed.nanoseconds,
      modified.nanoseconds, changed.nanoseconds, Int64(bitPattern: inode),
    ]
    for (index, number) in numbers.enumerated() { row.bind(first + Int32(index), number) }
    row.bind(first + 14, object?.rawValue)
    row.bind(first + 15, objectStep.rawValue)
    row.bind(first + 16, target?.bytes)
    row.bind(first + 17, origin?.bytes)
    row.bind(first + 18, Int64(bitPattern: originDevice))
    row.bind(first + 19, Int64(bitPattern: originInode))
  }
}

extension Pin {
  init(row: Statement) throws(StoreError) {
    guard let kind = FileKind(rawValue: UInt8(truncatingIfNeeded: row.integer(2))) else {
      throw .damaged("a pin has kind \(row.integer(2))")
    }
    root = row.integer(0)
    path = ByteString(row.bytes(1))
    self.kind = kind
    device = UInt64(bitPattern: row.integer(3))
    inode = UInt64(bitPattern: row.integer(4))
    permissions = UInt16(truncatingIfNeeded: row.integer(5))
    owner = UInt32(truncatingIfNeeded: row.integer(6))
    group = UInt32(truncatingIfNeeded: row.integer(7))
    linkCount = UInt32(truncatingIfNeeded: row.integer(8))
    size = row.integer(9)
    modified = Timestamp(nanoseconds: row.integer(10))
    changed = Timestamp(nanoseconds: row.integer(11))
    hash = row.optionalBytes(12)
    base = row.optionalInteger(13).map { ObjectID($0) }
    target = row.optionalBytes(14).map { ByteString($0) }
  }

  func bind(to row: Statement) {
    row.bind(1, root)
    row.bind(2, path.bytes)
    let numbers: [Int64] = [
      Int64(kind.rawValue), Int64(bitPattern: device), Int64(bitPattern: inode),
      Int64(permissions), Int64(owner), Int64(group), Int64(linkCount), size,
      modified.nanoseconds, changed.nanoseconds,
    ]
    for (index, number) in numbers.enumerated() { row.bind(3 + Int32(index), number) }
    row.bind(13, hash)
    row.bind(14, base?.rawValue)
    row.bind(15, target?.bytes)
  }
}

extension Step {
  /// The command's words stand in one blob, each ended by a NUL.
  init(row: Statement) {
    id = StepID(row.integer(0))
    kind = Kind(rawValue: row.text(1)) ?? .mark
    began = Timestamp(nanoseconds: row.integer(2))
    ended = row.optionalInteger(3).map { Timestamp(nanoseconds: $0) }
    command = row.bytes(4).split(separator: 0, omittingEmptySubsequences: false).dropLast()
      .map { ByteString($0) }
    status = row.optionalInteger(5).map { Int32(truncatingIfNeeded: $0) }
    message = row.text(6)
    restores = row.optionalInteger(7).map { StepID($0) }
  }

  func bind(to row: Statement) {
    row.bind(1, id.rawValue)
    row.bind(2, kind.rawValue)
    row.bind(3, began.nanoseconds)
    row.bind(4, ended?.nanoseconds)
    row.bind(5, command.flatMap { $0.bytes + [0] })
    row.bind(6, status.map { Int64($0) })
    row.bind(7, message)
    row.bind(8, restores?.rawValue)
  }
}
