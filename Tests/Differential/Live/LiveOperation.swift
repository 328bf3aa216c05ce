import Glibc
import Linux
import Through

/// One change of a live directory, or the end of a step.
enum LiveOperation: CustomStringConvertible {
  case boundary
  case write(ByteString, seed: UInt64, count: Int, at: Int64)
  case create(ByteString, seed: UInt64, count: Int)
  /// As careful editors save: beside it, then over it.
  case save(ByteString, seed: UInt64)
  case truncate(ByteString, to: Int64)
  case makeDirectory(ByteString)
  case symlink(ByteString, to: ByteString)
  case link(ByteString, to: ByteString)
  case remove(ByteString, isDirectory: Bool)
  case rename(ByteString, to: ByteString, RenameFlags)
  case mode(ByteString, mode_t)

  var description: String {
    switch self {
    case .boundary: "boundary"
    case .write(let path, let seed, let count, let at):
      "write \(path.printable) \(seed) \(count) at \(at)"
    case .create(let path, let seed, let count): "create \(path.printable) \(seed) \(count)"
    case .save(let path, let seed): "save \(path.printable) \(seed)"
    case .truncate(let path, let size): "truncate \(path.printable) \(size)"
    case .makeDirectory(let path): "mkdir \(path.printable)"
    case .symlink(let path, let target): "symlink \(path.printable) -> \(target.printable)"
    case .link(let path, let new): "link \(path.printable) \(new.printable)"
    case .remove(let path, let isDirectory):
      "\(isDirectory ? "rmdir" : "unlink") \(path.printable)"
    case .rename(let path, let new, let flags):
      "rename \(path.printable) \(new.printable) \(flags.rawValue)"
    case .mode(let path, let mode): "chmod \(path.printable) \(String(mode, radix: 8))"
    }
  }

  /// Does it; what the directory refuses is refused every time.
  func perform(on tree: LiveTree, step: inout Int64) {
    do throws(Errno) { try act(on: tree, &step) } catch {
      // The same sequence meets the same refusal, killed or not.
    }
  }

  private func act(on tree: LiveTree, _ step: inout Int64) throws(Errno) {
    switch self {
    case .boundary:
      step += 1
      try tree.beginStep(step)
    case .write(let path, let seed, let count, let offset):
      let handle = try tree.open(path, .readWrite)
      defer { tree.close(handle) }
      try Self.write(pattern(seed, count), at: offset, handle, path, tree)
    case .create(let path, let seed, let count):
      let handle = try tree.create(path, .readWrite, mode: 0o644, by: nil)
      defer { tree.close(handle) }
      try Self.write(pattern(seed, count), at: 0, handle, path, tree)
    case .save(let path, let seed):
      let beside = path.parent.appending(".new")
      let handle = try tree.create(beside, .readWrite, mode: 0o644, by: nil)
      try Self.write(pattern(seed, 300), at: 0, handle, beside, tree)
      tree.close(handle)
      try tree.rename(beside, to: path, [])
    case .truncate(let path, let size): try tree.truncate(path, to: size, nil)
    case .makeDirectory(let path): try tree.makeDirectory(path, mode: 0o755, by: nil)
    case .symlink(let path, let target): try tree.makeSymlink(path, to: target, by: nil)
    case .link(let path, let new): try tree.link(path, to: new)
    case .remove(let path, let isDirectory): try tree.remove(path, isDirectory: isDirectory)
    case .rename(let path, let new, let flags): try tree.rename(path, to: new, flags)
    case .mode(let path, let mode):
      try tree.changeAttributes(of: path) { directory, name throws(Errno) in
        try directory.setOwnPermissions(of: name, mode)
      }
    }
  }

  private static func write(
    _ bytes: [UInt8], at offset: Int64, _ handle: LiveHandle, _ path: ByteString, _ tree: LiveTree
  ) throws(Errno) {
    try bytes.withUnsafeBufferPointer { bytes throws(Errno) in
      try tree.write(UnsafeRawBufferPointer(bytes), at: offset, handle, path)
    }
  }
}

extension LiveOperation {
  /// What a live directory holds before the first operation.
  static let start: [(path: ByteString, content: String?)] = [
    ("a", "first"), ("b", "second\n"), ("d", nil), ("d/x", String(repeating: "x", count: 5000)),
    ("d/e", nil), ("d/e/y", "deep"), ("empty", ""),
  ]

  private static let names: [ByteString] = [
    "a", "b", "c", "d", "d/x", "d/e", "d/e/y", "d/n", "f", "f/g", "empty",
  ]

  /// A sequence of operations that a seed decides, with the ends of steps among them.
  static func sequence(_ seed: UInt64, _ count: Int) -> [LiveOperation] {
    var random = Random(seed: seed)
    return [.boundary]
      + (0..<count).map { _ in
        let path = random.pick(names)
        switch random.below(20) {
        case 0, 1: return .boundary
        case 2, 3, 4:
          return .write(
            path, seed: random.next() % 1000, count: 1 + random.below(900),
            at: Int64(random.below(600)))
        case 5, 6: return .create(path, seed: random.next() % 1000, count: 1 + random.below(700))
        case 7, 8: return .save(path, seed: random.next() % 1000)
        case 9: return .truncate(path, to: Int64(random.below(100)))
        case 10: return .makeDirectory(path)
        case 11: return .symlink(path, to: random.pick(names))
        case 12: return .link(path, to: random.pick(names))
        case 13, 14: return .remove(path, isDirectory: false)
        case 15: return .remove(path, isDirectory: true)
        case 16, 17: return .rename(path, to: random.pick(names), [])
        case 18:
          return .rename(path, to: random.pick(names), random.once(in: 2) ? .exchange : .noReplace)
        default: return .mode(path, random.pick([0o600, 0o644, 0o755, 0o444]))
        }
      }
  }
}
