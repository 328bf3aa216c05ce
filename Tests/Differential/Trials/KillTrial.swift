import CLinux
import Glibc
import Linux

/// Kills the server again and again while a client works, and looks at what a session still holds:
/// everything that fsync acknowledged, and of the rest a prefix.
package struct KillTrial: Sendable {
  let seed: UInt64
  let rounds: Int

  /// A trial of so many deaths.
  package init(seed: UInt64, rounds: Int) {
    self.seed = seed
    self.rounds = rounds
  }

  /// Runs it; nil: nothing was lost.
  package func run(by runner: Runner) throws(Errno) -> Finding? {
    var runner = runner
    runner.seconds = 60 + rounds
    return try runner.watch { place, progress in
      do {
        return try attempt(place, progress)
      } catch {
        return Finding(index: Int(progress.pointee), text: "the trial itself failed: \(error)")
      }
    }
  }

  private func attempt(_ place: Workspace, _ progress: UnsafeMutablePointer<Int64>) throws
    -> Finding?
  {
    var random = Random(seed: seed)
    try Self.populate(place.lower)
    try Workspace.enterNamespace()
    let view = try View(place)
    var before = try Contents.read(place.view)
    for round in 0..<rounds {
      progress.pointee = Int64(round)
      let killer = try Self.killer(of: view.server, after: Self.delay(&random))
      var client = WritingClient(place: place, state: before, seed: random.next())
      let ending = client.work(view: view)
      waitpid(killer, nil, 0)
      view.kill()
      if let ending { return Finding(index: round, text: ending) }
      try view.start()
      let found = try Contents.read(place.view)
      if let text = client.judge(found) { return Finding(index: round, text: text) }
      before = found
    }
    return nil
  }

  private static func populate(_ path: ByteString) throws(Errno) {
    let directory = try Descriptor.currentDirectory.open(path, [.directory])
    for index in 0..<8 {
      let file = try directory.borrowed.open(
        ByteString("f\(index)"), [.create, .writeOnly], mode: 0o644)
      try file.borrowed.write(pattern(UInt64(index), index * 900))
    }
    for name: ByteString in ["d0", "d1"] {
      try directory.borrowed.makeDirectory(name, mode: 0o755)
    }
  }

  /// Mostly short, sometimes past the time at which the store writes behind.
  private static func delay(_ random: inout Random) -> UInt32 {
    UInt32(random.once(in: 4) ? random.below(250_000) : random.below(30_000))
  }

  /// A process that kills the server after some microseconds.
  private static func killer(of server: Int32, after delay: UInt32) throws(Errno) -> Int32 {
    let child = try check { fork() }
    if child == 0 {
      usleep(delay)
      kill(server, SIGKILL)
      Glibc._exit(0)
    }
    return child
  }
}

/// What a tree holds: directories, and files with their bytes.
typealias Contents = [ByteString: [UInt8]?]

extension Contents {
  static func read(_ path: ByteString) throws(Errno) -> Contents {
    let root = try Descriptor.currentDirectory.open(path, [.directory])
    var found: Contents = [:]
    try add(root.borrowed, at: ByteString([]), to: &found)
    return found
  }

  private static func add(_ directory: Descriptor, at path: ByteString, to found: inout Contents)
    throws(Errno)
  {
    for name in try directory.entryNames() {
      let inner = path.appending(name)
      if try directory.status(of: name).kind == .directory {
        found[inner] = .some(nil)
        let opened = try directory.open(name, [.directory])
        try add(opened.borrowed, at: inner, to: &found)
      } else {
        let file = try directory.open(name, [])
        found[inner] = try file.borrowed.readAll(limit: 1 << 24)
      }
    }
  }

  /// What two trees differ in, in words.
  func difference(from other: Contents) -> String {
    var words: [String] = []
    for path in Set(keys).union(other.keys).sorted() where self[path] != other[path] {
      words.append(
        "\(Path(path)): \(Self.describe(self[path])) instead of \(Self.describe(other[path]))")
    }
    return words.prefix(6).joined(separator: ", ")
  }

  private static func describe(_ entry: [UInt8]??) -> String {
    guard let entry else { return "absent" }
    guard let bytes = entry else { return "directory" }
    return "\(bytes.count) bytes \(fingerprint(bytes))"
  }
}
