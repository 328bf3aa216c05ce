import Changes
import Linux
import Store

/// What the project had at every place of an apply right after it, so that a revert can tell
/// whether anybody changed it since.
struct LandedState {
  /// One file as it landed.
  struct Item {
    let path: ByteString
    let inode: UInt64
    let kind: UInt8
    let permissions: UInt16
    let owner: UInt32
    let group: UInt32
    let size: Int64
    let modified: Int64
    /// The digest of what a git index says; nil for everything else, and where it can't be told.
    var index: [UInt8]?

    init(_ path: ByteString, _ facts: Facts, inode: UInt64) {
      self.path = path
      self.inode = inode
      kind = facts.kind.rawValue
      permissions = facts.permissions
      owner = facts.owner
      group = facts.group
      // A directory's own size and time say nothing about what is below it.
      size = facts.kind == .directory ? 0 : facts.size
      modified = facts.kind == .directory ? 0 : facts.modified.nanoseconds
    }

    /// Whether nobody has changed it since; in an index git may have remembered more of its files.
    func isStill(_ now: Item) -> Bool {
      guard path == now.path, kind == now.kind, permissions == now.permissions,
        owner == now.owner, group == now.group
      else { return false }
      if inode == now.inode, size == now.size, modified == now.modified { return true }
      return index != nil && index == now.index
    }
  }

  /// By the paths of the operations.
  private(set) var places: [ByteString: [Item]] = [:]

  /// The state of the project at the places of a journal.
  init(of journal: Journal, _ lower: LowerTree) throws {
    for operation in journal.operations {
      if case .take = operation { continue }
      let path = operation.path
      guard places[path] == nil else { continue }
      var isTree = false
      if case .put = operation { isTree = true }
      places[path] = try Self.items(at: path, isTree: isTree, lower)
    }
  }

  private static func items(at path: ByteString, isTree: Bool, _ lower: LowerTree) throws -> [Item]
  {
    guard let status = try lower.status(path) else { return [] }
    var found = [Item(ByteString([]), Facts(status), inode: status.inode)]
    if isTree, status.kind == .directory {
      found += try lower.items(below: path).map { Item($0.path, $0.facts, inode: $0.inode) }
    }
    for (number, item) in found.enumerated() where item.kind == FileKind.regular.rawValue {
      let place = item.path.isEmpty ? path : path.appending(item.path)
      // One that can't be read has no digest: then every other file there is a change.
      if place.isGitIndex { found[number].index = (try? lower.index(place))?.digest }
    }
    return found
  }

  /// The state as lines.
  var text: [UInt8] {
    var text = JournalText()
    for (place, items) in places.sorted(by: { $0.key < $1.key }) {
      text.line(["at", JournalText.Word(place)])
      for item in items {
        text.line(
          "item", item.path,
          [
            Int64(bitPattern: item.inode), Int64(item.kind), Int64(item.permissions),
            Int64(item.owner), Int64(item.group), item.size, item.modified,
          ])
        if let index = item.index { text.line(["index", JournalText.Word(index)]) }
      }
    }
    return text.bytes
  }

  /// Reads the lines back.
  init(_ bytes: [UInt8]) {
    var place = ByteString([])
    for line in bytes.split(separator: 0x0A) {
      let words = line.split(separator: 0x20).map { ByteString($0) }
      guard words.count >= 2, let name = words[1].unescaped else { continue }
      if words[0] == "at" {
        place = name
        places[place] = []
      } else if words[0] == "index", let last = places[place]?.indices.last {
        places[place]?[last].index = name.bytes
      } else if let item = Item(name, words.dropFirst(2).compactMap { Int64($0.string ?? "") }) {
        places[place]?.append(item)
      }
    }
  }
}

extension LandedState.Item {
  fileprivate init?(_ path: ByteString, _ numbers: [Int64]) {
    guard numbers.count == 7 else { return nil }
    self.path = path
    inode = UInt64(bitPattern: numbers[0])
    kind = UInt8(truncatingIfNeeded: numbers[1])
    permissions = UInt16(truncatingIfNeeded: numbers[2])
    owner = UInt32(truncatingIfNeeded: numbers[3])
    group = UInt32(truncatingIfNeeded: numbers[4])
    size = numbers[5]
    modified = numbers[6]
  }
}
