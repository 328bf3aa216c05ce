import Harness
import Linux

/// Random operations on a rehearsal, the same for the same seed.
package struct RandomScript {
  private var state: UInt64
  package private(set) var lines: [String] = []

  /// The operations of a seed.
  package init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  private mutating func next(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state >> 11) % max(bound, 1)
  }

  private mutating func pick(_ paths: [String]) -> String? {
    paths.isEmpty ? nil : paths[next(paths.count)]
  }

  private mutating func newPath(_ session: Rehearsal) throws -> String {
    let directories = try [""] + session.twinPaths { $0.kind == .directory }
    let directory = directories[next(directories.count)]
    let name = ["n1", "n2", "a.txt", "f", "s", "g", "tool", "d1", "src"][next(9)]
    return directory.isEmpty ? name : directory + "/" + name
  }

  /// Does `count` operations; those that are impossible are passed over.
  package mutating func play(on session: Rehearsal, count: Int) throws {
    for _ in 0..<count { try step(session) }
  }

  private mutating func step(_ session: Rehearsal) throws {
    let choice = next(12)
    let fresh = try newPath(session)
    let isFree = (try? session.twinStatus(fresh)) == nil
    let file = pick(try session.twinPaths { $0.kind == .regular })
    let any = pick(try session.twinPaths())
    let content = (0..<next(12)).map { _ in "line \(next(5))\n" }.joined()
    lines.append("\(choice) \(fresh) \(file ?? "-") \(any ?? "-")")
    switch choice {
    case 0, 1: if let file { try session.write(file, content) }
    case 2, 3: if isFree { try session.create(fresh, content, mode: next(2) == 0 ? 0o644 : 0o755) }
    case 4: if isFree { try session.makeDirectory(fresh) }
    case 5: if isFree { try session.makeSymlink(fresh, to: "target\(next(3))") }
    case 6: if let file { try session.setMode(file, next(2) == 0 ? 0o755 : 0o644) }
    case 7, 8:
      if let any, isFree, fresh != any, !fresh.hasPrefix(any + "/") {
        try session.rename(any, fresh)
      }
    case 9: if let any { try session.removeTree(any) }
    case 10:
      let targets = try session.twinPaths { $0.kind == .regular && $0.linkCount == 1 }
      if let file, let target = pick(targets), target != file {
        try session.rename(file, target)
      }
    default: if let file, isFree, next(2) == 0 { try session.link(file, fresh) }
    }
  }
}
