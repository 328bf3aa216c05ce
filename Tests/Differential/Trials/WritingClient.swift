import CLinux
import Glibc
import Linux

/// A client that makes small changes until its server dies, and knows every state it went through.
struct WritingClient {
  private let place: Workspace
  private var random: Random
  /// Every state the tree was in, in order; the last call may have got half way to a next one.
  private var states: [Contents]
  private var log: [String] = []
  /// The first state that a crash may bring back.
  private var acknowledged = 0

  init(place: Workspace, state: Contents, seed: UInt64) {
    self.place = place
    random = Random(seed: seed)
    states = [state]
  }

  private var now: Contents { states[states.count - 1] }

  private mutating func enter(_ change: (inout Contents) -> Void) {
    var next = now
    change(&next)
    states.append(next)
  }

  /// Works until a call fails; what is wrong with how it failed, in words.
  mutating func work(view: View) -> String? {
    do throws(Errno) {
      let root = try view.root()
      while true { try act(root.borrowed, view) }
    } catch {
      // ENOTCONN and ECONNABORTED: what a dead server leaves; EIO from write-back, EPIPE from a
      // boundary.
      let expected = [ENOTCONN, ECONNABORTED, EIO, EPIPE, ECONNRESET]
      return expected.contains(error.rawValue) ? nil : "\(log.last ?? ""): \(error)"
    }
  }

  /// Whether a tree that came back is one that the client knows and may have lost nothing of.
  func judge(_ found: Contents) -> String? {
    if states[acknowledged...].contains(found) { return nil }
    if let lost = states[..<acknowledged].lastIndex(of: found) {
      return "state \(lost) came back, but \(acknowledged) was acknowledged by fsync\n" + tail
    }
    let nearest = states.last.map { found.difference(from: $0) } ?? ""
    let first = found.difference(from: states[acknowledged])
    return "no state between \(acknowledged) and \(states.count - 1) came back;\n"
      + "from the last: \(nearest)\nfrom the acknowledged: \(first)\n" + tail
  }

  private var tail: String { log.suffix(25).joined(separator: "\n") }

  private var files: [ByteString] {
    now.compactMap { $0.value == nil ? nil : $0.key }.sorted()
  }

  private mutating func freshName() -> ByteString {
    let directory = random.once(in: 3) ? "d\(random.below(2))/" : ""
    let name = ByteString("\(directory)n\(random.below(30))")
    let isThere = directory.isEmpty || now[ByteString(String(directory.dropLast()))] != nil
    return isThere ? name : ByteString("n\(random.below(30))")
  }

  private mutating func act(_ root: Descriptor, _ view: View) throws(Errno) {
    switch random.below(20) {
    case 0...5: try create(root)
    case 6, 7: try write(root, truncating: true)
    case 8, 9, 10: try write(root, truncating: false)
    case 11, 12, 13: try rename(root)
    case 14: try unlink(root)
    case 15: try extend(root)
    case 16: try exchangeDirectories(root)
    case 17, 18: try synchronize(root)
    default: if random.once(in: 3) { try boundary(view) }
    }
  }

  private mutating func create(_ root: Descriptor) throws(Errno) {
    let name = freshName()
    guard now[name] == nil, files.count < 40 else { return }
    log.append("create \(Path(name))")
    try fill(root, name, [.create, .exclusive, .writeOnly], before: [])
  }

  private mutating func write(_ root: Descriptor, truncating: Bool) throws(Errno) {
    guard !files.isEmpty, let before = now[random.pick(files)] else { return }
    let name = random.pick(files)
    log.append("\(truncating ? "rewrite" : "append to") \(Path(name))")
    let kept = truncating ? [] : now[name].flatMap { $0 } ?? before ?? []
    try fill(root, name, [.writeOnly, truncating ? .truncate : .append], before: kept)
  }

  private mutating func fill(
    _ root: Descriptor, _ name: ByteString, _ flags: OpenFlags, before: [UInt8]
  ) throws(Errno) {
    let bytes = pattern(random.next(), 1 + random.below(8000))
    let isSynchronized = random.once(in: 5)
    // The call may be done although its answer was lost: the states come first.
    enter { $0[name] = .some(before) }
    enter { $0[name] = .some(before + bytes) }
    let file = try root.open(name, flags, mode: 0o644)
    try file.borrowed.write(bytes)
    if isSynchronized {
      try file.borrowed.synchronize()
      acknowledge()
    }
    try file.close()
  }

  private mutating func acknowledge() {
    acknowledged = states.count - 1
    log.append("  fsync: \(acknowledged)")
  }

  private mutating func rename(_ root: Descriptor) throws(Errno) {
    guard !files.isEmpty else { return }
    let (name, new) = (random.pick(files), random.once(in: 3) ? random.pick(files) : freshName())
    if case .some(.none) = now[new] { return }
    guard name != new else { return }
    log.append("rename \(Path(name)) to \(Path(new))")
    enter {
      $0[new] = $0[name]
      $0[name] = nil
    }
    try root.rename(name, to: root, new)
  }

  private mutating func unlink(_ root: Descriptor) throws(Errno) {
    guard files.count > 3 else { return }
    let name = random.pick(files)
    log.append("unlink \(Path(name))")
    enter { $0[name] = nil }
    try root.remove(name)
  }

  /// Grows a file by zeros, whatever an append that was lost had left behind its end.
  private mutating func extend(_ root: Descriptor) throws(Errno) {
    guard !files.isEmpty else { return }
    let name = random.pick(files)
    let before = now[name].flatMap { $0 } ?? []
    let size = before.count + 1 + random.below(5000)
    guard size < 100_000 else { return }
    log.append("extend \(Path(name)) to \(size)")
    enter {
      $0[name] = .some(before + [UInt8](repeating: 0, count: size - before.count))
    }
    let file = try root.open(name, [.writeOnly])
    try file.borrowed.truncate(to: Int64(size))
    try file.close()
  }

  private mutating func exchangeDirectories(_ root: Descriptor) throws(Errno) {
    guard now["d0"] != nil, now["d1"] != nil else { return }
    log.append("exchange d0, d1")
    enter { contents in
      let swapped = contents.map { path, bytes -> (ByteString, [UInt8]?) in
        var path = path
        if path.count >= 2, path.bytes[0] == 0x64 {
          path.bytes[1] = path.bytes[1] == 0x30 ? 0x31 : 0x30
        }
        return (path, bytes)
      }
      contents = Contents(swapped) { first, _ in first }
    }
    try root.rename("d0", to: root, "d1", .exchange)
  }

  private mutating func synchronize(_ root: Descriptor) throws(Errno) {
    let isDirectory = random.once(in: 2)
    guard isDirectory || !files.isEmpty else { return }
    let opened = try root.open(isDirectory ? "." : random.pick(files), [])
    log.append("fsync")
    try opened.borrowed.synchronize()
    acknowledge()
  }

  private mutating func boundary(_ view: View) throws(Errno) {
    log.append("boundary")
    _ = try view.boundary()
  }
}
