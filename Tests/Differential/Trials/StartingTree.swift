import CLinux
import Linux

/// The tree that every trial begins with: one of everything that has ever been trouble.
enum StartingTree {
  static let long = Path(ByteString([UInt8](repeating: 0x6C, count: 255)))
  /// A byte longer than a name may be.
  static let tooLong = Path(ByteString([UInt8](repeating: 0x6D, count: 256)))
  static let binary = Path(ByteString([0xFF, 0xFE, 0x2D, 0x0A]))
  /// The same letter, composed and decomposed: two files.
  static let composed = Path(ByteString([0xC3, 0xA9]))
  static let decomposed = Path(ByteString([0x65, 0xCC, 0x81]))

  static let directories: [Path] = [
    "d", "d/e", "d/e/f", "d/e/f/g", "many", "sticky", "shared", "closed", "empty",
  ]
  static let files: [Path] = [
    "a", "b", "c", "big", "d/big", "h1", "x", "suid", "secret", "d/a", "d/e/a", "d/e/f/g/a",
    "sticky/a", "shared/a", "closed/a", long, binary, composed, decomposed,
  ]
  static let links: [Path] = ["h2", "d/h3", "d/e/h4"]
  static let symlinks: [Path] = ["s", "sd", "dangling", "loop", "d/up"]
  static let others: [Path] = ["fifo", "socket"]

  static var paths: [Path] { directories + files + links + symlinks + others }

  static func operations(asRoot: Bool) -> [Operation] {
    var list: [Operation] = [.umask(0)]
    list += directories.map { .makeDirectory($0, mode: 0o755) }
    for (index, path) in files.enumerated() { list += file(path, UInt64(index + 1)) }
    for index in 0..<150 {
      let path = Path(ByteString("many/n\(index)"))
      list += [.open(0, path, [.create, .writeOnly], mode: 0o644), .close(0)]
    }
    list += [
      .link("h1", to: "h2"), .link("h1", to: "d/h3"), .link("d/a", to: "d/e/h4"),
      .symlink(to: "a", at: "s"), .symlink(to: "d", at: "sd"), .symlink(to: "no", at: "dangling"),
      .symlink(to: "loop", at: "loop"), .symlink(to: "../b", at: "d/up"),
      .makeNode("fifo", kind: .fifo, mode: 0o644), .makeNode("socket", kind: .socket, mode: 0o755),
      .setAttribute("x", "user.one", count: 20, seed: 1, flags: 0),
      .setAttribute("x", "user.two", count: 0, seed: 1, flags: 0),
      .setAttribute("d", "user.dir", count: 7, seed: 3, flags: 0),
      .changeMode("suid", 0o6755), .changeMode("sticky", 0o1777), .changeMode("shared", 0o2775),
      .changeMode("secret", asRoot ? 0o000 : 0o400),
    ]
    if asRoot {
      list += [
        .changeOwner("sticky/a", user: 1000, group: 1000),
        .changeOwner("b", user: 1000, group: 1000), .changeOwner("shared", user: 1000, group: 7),
        .changeOwner("d/e", user: 1000, group: 1000), .changeMode("closed", 0o700),
      ]
    }
    for (index, path) in (paths.reversed() + [Path(".")]).enumerated() {
      let time = NewTime.at(seconds: 978_307_200 + index * 1000, nanoseconds: 123_456_789 + index)
      list.append(.setTimes(path, accessed: time, modified: time))
    }
    return list
  }

  private static func file(_ path: Path, _ seed: UInt64) -> [Operation] {
    var list: [Operation] = [.open(0, path, [.create, .readWrite], mode: 0o644)]
    switch path {
    case "c": break
    case "big":
      list += [
        .write(0, at: 0, count: 300_000, seed: seed),
        .write(0, at: 5_000_000, count: 70_001, seed: seed + 1),
        .truncateOpen(0, size: 6_000_123),
      ]
    case "d/big": list.append(.write(0, at: 0, count: 4_200_000, seed: seed))
    case "b": list.append(.write(0, at: 0, count: 70_000, seed: seed))
    default: list.append(.write(0, at: 0, count: 5000 - Int(seed) * 10, seed: seed))
    }
    return list + [.close(0)]
  }
}
