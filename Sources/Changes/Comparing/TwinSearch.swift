import Linux

/// Which of the new files equal an old one: each content is read once, however many there are.
struct TwinSearch {
  /// A file that may be the same as one of the other side.
  struct File {
    let index: Int
    let name: ByteString
    let shape: Shape
  }

  /// What files that are equal have in common before any is read.
  struct Shape: Hashable {
    let kind: FileKind?
    let size: Int64
  }

  /// The hash of as many bytes of a file's beginning.
  let hash: (_ index: Int, _ limit: Int64) throws -> [UInt8]
  let areEqual: (_ from: Int, _ to: Int) throws -> Bool

  /// Files that are the same so far as was looked.
  private struct Group {
    var old: [File] = []
    var new: [File] = []
  }

  /// What of a large file is read before all of it is: most that differ do so there.
  private static let headSize: Int64 = 1 << 16

  /// The places of old and new files that are equal.
  ///
  /// Every new one gets, in their order, the first old one of its name, or else the first one, that
  /// is left.
  func pairs(_ old: [File], _ new: [File]) throws -> [(from: Int, to: Int)] {
    try Self.groups(of: Group(old: old, new: new), by: \.shape).flatMap {
      try pairs(in: $0, known: 0, of: $0.old[0].shape.size)
    }
  }

  /// The pairs among files of one size that are equal in so many of the first bytes.
  private func pairs(in group: Group, known: Int64, of size: Int64) throws
    -> [(from: Int, to: Int)]
  {
    if known == size { return Self.assigned(group) }
    if group.old.count == 1, group.new.count == 1 {
      // Comparing ends at the first difference.
      let (from, to) = (group.old[0].index, group.new[0].index)
      return try areEqual(from, to) ? [(from, to)] : []
    }
    let next = known == 0 ? min(size, Self.headSize) : size
    return try Self.groups(of: group) { try hash($0.index, next) }.flatMap {
      try pairs(in: $0, known: next, of: size)
    }
  }

  /// The files of each key that both sides have.
  private static func groups<Key: Hashable>(of group: Group, by key: (File) throws -> Key) rethrows
    -> [Group]
  {
    var groups: [Key: Group] = [:]
    for file in group.old { groups[try key(file), default: Group()].old.append(file) }
    for file in group.new { groups[try key(file)]?.new.append(file) }
    return groups.values.filter { !$0.new.isEmpty }
  }

  /// The pairs among files that all are equal.
  private static func assigned(_ group: Group) -> [(from: Int, to: Int)] {
    // The first one is taken from the end.
    var byName = Dictionary(grouping: group.old.reversed(), by: \.name)
    var all = group.old[...]
    var taken: Set<Int> = []
    var found: [(from: Int, to: Int)] = []
    for file in group.new {
      var from: Int?
      while from == nil, let namesake = byName[file.name]?.popLast() {
        if !taken.contains(namesake.index) { from = namesake.index }
      }
      while from == nil, let other = all.popFirst() {
        if !taken.contains(other.index) { from = other.index }
      }
      guard let from else { break }
      taken.insert(from)
      found.append((from, file.index))
    }
    return found
  }
}

extension TwinSearch.File {
  init(_ index: Int, _ file: FileChange, _ kind: FileKind?, _ size: Int64) {
    self.init(
      index: index, name: file.path.lastComponent, shape: .init(kind: kind, size: size))
  }
}
