import CLinux
import Linux

/// Makes random sequences of operations that hit what exists more often than not.
package struct Generator {
  private var random: Random
  private let isRoot: Bool
  /// Whether some operations come upon a full disk.
  package var starves = false
  private let actsAsOthers: Bool
  /// Paths that exist, or did.
  private var known: [Path]
  private var directories: [Path]
  private var count = 0

  /// A generator whose every choice the seed decides.
  package init(seed: UInt64, isRoot: Bool, actsAsOthers: Bool = true) {
    random = Random(seed: seed)
    self.isRoot = isRoot
    self.actsAsOthers = actsAsOthers
    known = StartingTree.paths
    directories = StartingTree.directories + [Path(".")]
  }

  /// A sequence of operations.
  package mutating func sequence(_ count: Int) -> [Operation] {
    var list: [Operation] = [.umask(UInt32(random.pick([0, 0o022, 0o077])))]
    while list.count < count { list += next() }
    return starves ? list.map { random.once(in: 8) && $0.mayStarve ? .starve($0) : $0 } : list
  }

  private mutating func next() -> [Operation] {
    count += 1
    switch random.below(100) {
    case 0..<30: return [nameOperation()]
    case 30..<44: return openOperation()
    case 44..<72: return [contentOperation()]
    case 72..<92: return [attributeOperation()]
    case 92..<96: return [around()]
    default: return [.compare]
    }
  }

  private mutating func around() -> Operation {
    switch random.below(13) {
    case 12: return .kill
    case 0, 1: return .boundary
    case 2, 3: return .remount
    case 4, 5: return .dropCaches
    case 6, 7: return .umask(UInt32(random.pick([0, 0o022, 0o077, 0o777])))
    case 8: return actsAsOthers ? .actAs(user: 1000, group: 1000) : .boundary
    default: return .actAs(user: 0, group: 0)
    }
  }
}

extension Operation {
  /// Whether it asks for something that a full disk may refuse, and can be asked for again.
  fileprivate var mayStarve: Bool {
    switch self {
    case .compare, .dropCaches, .boundary, .remount, .kill, .umask, .actAs, .starve: false
    // The first of two openings has emptied the file already, and an append is not made twice.
    case .open, .openTemporary, .listWhile, .close: false
    case .write(_, at: nil, _, _): false
    default: true
    }
  }
}

// Paths.
extension Generator {
  private static let names: [Path] = [
    "a", "b", "c", "d", "e", "f", "g", "n1", "n2", "new", StartingTree.long,
    StartingTree.binary, StartingTree.composed, StartingTree.decomposed,
  ]

  /// What symlinks lead to besides names of the tree: nothing that a call could follow out of it.
  ///
  /// "/" stood here once, and then a run by root changed the machine's own top directory.
  private static let targets: [Path] = [".", "no/such/name", "/proc/self/no-such-name"]

  private mutating func existing() -> Path {
    if random.once(in: 12) { return fresh() }
    if random.once(in: 20) { return Path(ByteString("many/n\(random.below(150))")) }
    return random.pick(known)
  }

  private mutating func directory() -> Path {
    random.once(in: 15) ? random.pick(known) : random.pick(directories)
  }

  /// A name that may be taken or not, in a directory that likely exists.
  private mutating func fresh() -> Path {
    let parent = directory()
    var name = random.pick(Self.names)
    if random.once(in: 60) { name = StartingTree.tooLong }
    let path = parent == Path(".") ? name : parent.appending(name)
    return path
  }

  /// A path that the next operations may find.
  private mutating func made(directory isDirectory: Bool = false) -> Path {
    let path = fresh()
    if path.bytes.count < 3000 {
      known.append(path)
      if isDirectory { directories.append(path) }
    }
    return path
  }

  private mutating func nameOperation() -> Operation {
    switch random.below(24) {
    case 0, 1, 2: return .makeDirectory(made(directory: true), mode: mode(directory: true))
    case 3: return .makeNode(made(), kind: random.pick([.fifo, .socket, .regular]), mode: mode())
    case 4:
      return .symlink(to: random.once(in: 2) ? existing() : random.pick(Self.targets), at: made())
    case 5, 6: return .link(existing(), to: made())
    case 7, 8, 9: return .unlink(existing())
    case 10, 11: return .removeDirectory(random.once(in: 4) ? existing() : directory())
    case 12, 13, 14, 15:
      return .rename(existing(), to: random.once(in: 3) ? existing() : made(), [])
    case 16: return .rename(directory(), to: made(directory: true), [])
    case 17: return .rename(existing(), to: made(), .noReplace)
    case 18, 19: return .rename(existing(), to: existing(), .exchange)
    case 20: return .listWhile(random.pick(["many", directory()]), changesWhile())
    case 21: return .readSymlink(existing())
    default: return .list(directory())
    }
  }

  private mutating func changesWhile() -> [Operation] {
    (0..<3).map { _ in
      let path = Path(ByteString("many/n\(random.below(150))"))
      return random.once(in: 2) ? .unlink(path) : .rename(path, to: made(), [])
    }
  }

  private mutating func mode(directory isDirectory: Bool = false) -> UInt32 {
    if isDirectory {
      return UInt32(
        random.pick(
          isRoot ? [0o755, 0o700, 0o777, 0o2775, 0o1777, 0o000] : [0o755, 0o700, 0o2775]))
    }
    return UInt32(random.pick([0o644, 0o600, 0o755, 0o666, 0o4755, 0o2755, 0o444, 0o400]))
  }
}

// Open files and attributes.
extension Generator {
  private mutating func slot() -> Int { random.below(Side.slotCount) }

  private mutating func openOperation() -> [Operation] {
    if random.once(in: 6) { return [.close(slot())] }
    if random.once(in: 20) {
      let slot = slot()
      let list: [Operation] = [.openTemporary(slot, in: directory(), mode: mode()), write(slot)]
      return random.once(in: 2) ? list : list + [.linkOpen(slot, to: made())]
    }
    let access: Flags = random.pick([.readOnly, .readWrite, .readWrite, .readWrite, .writeOnly])
    var flags = access
    let choices: [Flags] = [
      .create, .create, .truncate, .append, .exclusive, .noFollow, .directory,
    ]
    for choice in choices where random.once(in: 5) { flags.insert(choice) }
    if random.once(in: 40) { flags = .path }
    let path = flags.contains(.create) ? made() : existing()
    let slot = slot()
    var list: [Operation] = [.open(slot, path, flags, mode: mode())]
    if random.once(in: 2) { list.append(write(slot)) }
    if random.once(in: 4) { list.append(.close(slot)) }
    return list
  }

  private mutating func offset() -> Int64 {
    switch random.below(8) {
    case 0: return 0
    case 1: return Int64(random.below(10)) * 4096
    case 2: return Int64(random.below(6_100_000))
    case 3: return 5_000_000 + Int64(random.below(1000))
    case 4: return Int64(random.below(10)) * 4096 - Int64(random.below(3)) + 2
    default: return Int64(random.below(20_000))
    }
  }

  private mutating func length() -> Int {
    switch random.below(8) {
    case 0: return 1
    case 1: return 4096
    case 2: return random.below(300_000)
    case 3: return random.below(20) * 4096
    default: return random.below(9000)
    }
  }

  private mutating func write(_ slot: Int) -> Operation {
    let place = random.once(in: 4) ? nil : offset()
    return .write(slot, at: place, count: length(), seed: random.next() >> 40)
  }

  private mutating func contentOperation() -> Operation {
    let slot = slot()
    switch random.below(24) {
    case 0...6: return write(slot)
    case 7...10: return .read(slot, at: offset(), count: length())
    case 11, 12: return .truncateOpen(slot, size: offset())
    case 13, 14: return .truncate(existing(), size: offset())
    case 15, 16:
      let modes: [AllocationMode] = [
        .extend, .keepSize, .punch, .punch, .zero, .zeroKeepSize, .collapse, .insert,
      ]
      return .allocate(slot, random.pick(modes), at: offset(), count: Int64(length() + 1))
    case 17: return .seek(slot, at: offset(), hole: random.once(in: 2))
    case 18:
      return .copyRange(
        from: slot, at: offset(), to: self.slot(), offset: offset(), count: length())
    case 19, 20:
      return .mapWrite(slot, at: offset(), count: length() + 1, seed: random.next() >> 40)
    case 21: return .synchronize(slot, dataOnly: random.once(in: 2))
    case 22: return .statusOpen(slot)
    default: return .changeModeOpen(slot, mode())
    }
  }

  private mutating func time() -> NewTime {
    switch random.below(3) {
    case 0: return .omit
    case 1: return .now
    default:
      return .at(seconds: random.below(1_600_000_000), nanoseconds: random.below(1_000_000_000))
    }
  }

  private mutating func attributeOperation() -> Operation {
    let path = existing()
    let name: Path = random.pick(["user.one", "user.two", "user.three", "user.dir", "bad"])
    switch random.below(16) {
    case 0, 1, 2: return .status(path)
    case 3, 4: return .changeMode(path, mode())
    case 5: return .changeMode(directory(), mode(directory: true))
    case 6, 7:
      let ids: [UInt32] = [0, 7, 1000, UInt32.max]
      let own = isRoot ? ids : [Process.user, UInt32.max]
      let groups = isRoot ? ids : [Process.group, UInt32.max]
      return .changeOwner(path, user: random.pick(own), group: random.pick(groups))
    case 8, 9: return .setTimes(path, accessed: time(), modified: time())
    case 10, 11, 12:
      return .setAttribute(
        path, name, count: random.below(200), seed: random.next() >> 50,
        flags: Int32(random.pick([0, 0, 1, 2])))
    case 13: return .getAttribute(path, name, room: random.pick([0, 1, 300]))
    case 14: return .listAttributes(path, room: random.pick([0, 1, 2000]))
    default: return .removeAttribute(path, name)
    }
  }
}
