import Apply
import Changes
import Glibc
import Harness
import Linux
import Rehearsal
import Store

/// Applies over and over, to a project that somebody hammers on meanwhile.
package struct HostileHost {
  /// How the rounds ended.
  package struct Tally: Sendable {
    package var rounds = 0
    package var applied = 0
    package var conflicts = 0
    package var interfered = 0
    package var stuck = 0
  }

  static let paths =
    (0..<3).flatMap { directory in
      ["f", "g", "h", "n", "e/x"].map { "d\(directory)/\($0)" }
    } + ["a", "b", "c"]

  private static let project = """
    for d in d0 d1 d2; do mkdir -p $d/e; for f in f g h e/x; do :> $d/$f; done; done; :> a; :> b
    """

  /// How the hammer is started: a program and its words, behind which come the place and a seed.
  private let hammer: [String]

  package init(hammer: [String]) { self.hammer = hammer }

  /// A content that tells when a part of it is missing or another's: a token on every line.
  static func content(of token: String) -> [UInt8] {
    let line = token + "\n"
    return Array(String(repeating: line, count: 200).utf8)
  }

  /// The token of a content; nil: empty, or no content of ours.
  static func token(in content: [UInt8]) -> String? {
    let line = content.prefix { $0 != 0x0A }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }

  /// Plays as many rounds; throws at the first thing that must not be.
  package func run(_ rounds: Int, seed: UInt64) throws -> Tally {
    var tally = Tally()
    for round in 0..<rounds {
      try play(seed &+ UInt64(round), &tally)
      tally.rounds += 1
    }
    return tally
  }

  private func play(_ seed: UInt64, _ tally: inout Tally) throws {
    let session = try Rehearsal(Self.project)
    let place = session.place.path
    try Descriptor.currentDirectory.makeDirectory(ByteString(place + "/bin"))
    try Descriptor.currentDirectory.makeDirectory(ByteString(place + "/outside"))
    for name in ["f", "g", "h", "n"] {
      let file = try Descriptor.currentDirectory.open(
        ByteString(place + "/outside/" + name), [.writeOnly, .create], mode: 0o644)
      try file.borrowed.write(Self.content(of: "outside-\(name)"))
    }
    let outside = try Playground.fingerprint(of: place + "/outside")
    try Self.change(session, seed)
    let running = try Command(
      hammer + [place, String(seed)], in: place, environment: Playground.environment
    ).start()
    try Self.apply(session, &tally)
    let ended = try running.finish()
    guard ended.status == 0 else { throw CrashFailure("the hammer failed: \(ended.complaint)") }
    if let store = session.store {
      do { try Application.recover(store) } catch ApplyError.stuck { tally.stuck += 1 }
    }
    guard try Playground.fingerprint(of: place + "/outside") == outside else {
      throw CrashFailure("seed \(seed): written outside")
    }
    try Self.account(place, ended.text, seed)
  }

  /// Small changes of the session in every directory.
  private static func change(_ session: Rehearsal, _ seed: UInt64) throws {
    try session.write("d0/f", content(of: "session-\(seed)-0"))
    try session.write("d1/f", content(of: "session-\(seed)-1"))
    try session.rename("d1/g", "d2/n")
    try session.remove("d2/h")
    try session.create("d0/n", content(of: "session-\(seed)-2"))
    try session.makeDirectory("d1/new")
    try session.create("d1/new/x", content(of: "session-\(seed)-3"))
    try session.setMode("a", 0o600)
    try session.store?.flush(durable: false)
  }

  private static func apply(_ session: Rehearsal, _ tally: inout Tally) throws {
    guard let store = session.store else { return }
    let application = try Application(store, root: session.root, directory: session.project())
    for _ in 0..<4 {
      do {
        var resolution = Resolution()
        resolution.skips = true
        let resolved = try application.resolve(application.plan(), resolution)
        guard try application.run(resolved.plan, overruling: resolved.overruled) != nil else {
          tally.conflicts += 1
          continue
        }
        tally.applied += 1
      } catch ApplyError.conflicts { tally.conflicts += 1 } catch ApplyError.stuck {
        tally.stuck += 1
        return
      } catch is SystemError { tally.interfered += 1 } catch is ApplyError { tally.interfered += 1 }
    }
  }

  /// Every content is whole, and every token that the hammer did not destroy itself is somewhere.
  private static func account(_ place: String, _ alive: String, _ seed: UInt64) throws {
    var found: Set<String> = []
    let top = try Descriptor.currentDirectory.open(ByteString(place), [.directory])
    try visit(top.borrowed, ByteString([])) { path, bytes in
      let isContent =
        path.isWithin("project") || path.isWithin("bin") || path.isWithin("session/apply")
      guard isContent, let token = token(in: bytes), token.contains("-") else { return }
      if path.isWithin("session/apply"), !path.components.contains("kept") { return }
      found.insert(token)
      guard bytes == content(of: token) else {
        throw CrashFailure("seed \(seed): '\(path.printable)' is mixed")
      }
    }
    let missing = alive.split(separator: "\n").filter { !found.contains(String($0)) }
    guard missing.isEmpty else {
      throw CrashFailure("seed \(seed): lost of the host's: \(missing.prefix(5))")
    }
  }

  private static func visit(
    _ directory: Descriptor, _ path: ByteString, _ body: (ByteString, [UInt8]) throws -> Void
  ) throws {
    for name in try directory.entryNames() {
      let status = try directory.status(of: name)
      if status.kind == .directory {
        let inner = try directory.open(name, [.directory, .noFollow])
        try visit(inner.borrowed, path.appending(name), body)
      } else if status.kind == .regular {
        let file = try directory.open(name, [.noFollow])
        try body(path.appending(name), file.borrowed.readAll(limit: 1 << 24))
      }
    }
  }
}
