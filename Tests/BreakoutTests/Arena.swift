import Glibc
import Harness
import Linux

/// A host with something to protect, and the programs that try to get at it.
final class Arena {
  private let place: Playground
  private let listeners: Listeners
  private let neighbour: Running

  init() throws {
    place = try Playground()
    try place.shell(
      """
      cd ..; mkdir -p outside home/.ssh home/real; chmod 755 .
      echo SECRET | tee home/.ssh/key home/.netrc home/real/npmrc outside/victim secret >/dev/null
      ln -s real/npmrc home/.npmrc; mkdir -p state; echo SECRET >state/key
      """)
    listeners = try Listeners(in: place.path)
    neighbour = try Command(["sleep", "300"], in: "/", environment: ["KEY": "SECRET"]).start()
  }

  deinit { neighbour.signal(SIGKILL) }

  /// The port of the host's loopback where something listens.
  var port: String { listeners.environment["BREAKOUT_PORT"] ?? "" }

  /// Every attempt's name and whether it got out, on the host itself.
  func outside() throws -> [String: Bool] {
    try outcomes([Self.program("breakout")], initProcess: neighbour.process)
  }

  /// The same in a box of a profile, with more switches of the probe.
  func inside(profile: String = "default", _ switches: [String] = []) throws -> [String: Bool] {
    try outcomes(Self.probe(place, profile, switches) + [Self.program("breakout")], initProcess: 1)
  }

  /// Some attempts in a box.
  func inside(_ names: [String], _ switches: [String]) throws -> [String: Bool] {
    try outcomes(
      Self.probe(place, "default", switches) + [Self.program("breakout")] + names, initProcess: 1)
  }

  private static func probe(_ place: Playground, _ profile: String, _ switches: [String])
    -> [String]
  {
    let (path, programs) = (place.path, ByteString(program("breakout")).parent.string ?? "/")
    return [
      program("box-probe"), "--profile", profile, "--project", place.project, "--ro",
      "\(path)/outside", "--ro", "\(path)/home", "--ro", programs, "--mask", "\(path)/state",
    ] + switches + ["--"]
  }

  /// A program that was built beside the tests.
  static func program(_ name: String) -> String {
    ByteString(Playground.binary).parent.appending(ByteString(name)).string ?? name
  }

  private func outcomes(_ words: [String], initProcess: Int32) throws -> [String: Bool] {
    let path = place.path
    var environment = Playground.environment
    environment.merge(listeners.environment) { $1 }
    environment.merge([
      "HOME": "\(path)/home", "BREAKOUT_OUTSIDE": "\(path)/outside",
      "BREAKOUT_PROJECT": place.project, "BREAKOUT_SECRET": "\(path)/home/.ssh",
      "BREAKOUT_SECRET_FILE": "\(path)/home/.netrc", "BREAKOUT_STATE": "\(path)/state",
      "BREAKOUT_SECRET_LINK": "\(path)/home/.npmrc", "BREAKOUT_TEMPORARY": "\(path)/secret",
      "BREAKOUT_PROCESS": String(neighbour.process), "BREAKOUT_INIT": String(initProcess),
    ]) { $1 }
    let ended = try Command(words, in: "/", environment: environment).run()
    guard !ended.text.isEmpty else { throw Silent(words: words, complaint: ended.complaint) }
    var outcomes: [String: Bool] = [:]
    for line in ended.text.split(separator: "\n") {
      let parts = line.split(separator: " ")
      if parts.count == 2 { outcomes[String(parts[1])] = parts[0] == "ESCAPED" }
    }
    return outcomes
  }

  /// The programs did not run at all.
  struct Silent: Error {
    let words: [String]
    let complaint: String
  }
}
