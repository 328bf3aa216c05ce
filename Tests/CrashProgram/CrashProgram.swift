import Crash
import Glibc
import Linux

/// What the commands that change a project or a session leave when they are interrupted anywhere,
/// and applies when somebody works on the project meanwhile.
@main struct CrashProgram {
  static func main() {
    do {
      try run(Process.arguments.dropFirst().map(\.printable))
    } catch {
      say("cowbox-crash: \(error)")
      Glibc.exit(1)
    }
  }

  private static let usage = """
    usage: cowbox-crash [--verb VERB] [--every N] [--kill] [--directory DIR]
           cowbox-crash --hostile ROUNDS [--seed N] [--directory DIR]
    The cowbox that is tried is the one beside this program, or COWBOX_BINARY.
    """

  private static func run(_ words: [String]) throws {
    var (verbs, every, acts) = (CrashVerb.allCases, 1, CrashTrial.Act.all)
    var (rounds, seed): (Int?, UInt64) = (nil, 1)
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--kill": acts = [.kill]
      case "--hammer":
        guard let place = rest.popFirst(), let seed = rest.popFirst().flatMap({ UInt64($0) }) else {
          break
        }
        var hammer = Hammer(place: ByteString(place), seed: seed)
        return try hammer.run()
      case "--verb": verbs = [rest.popFirst().flatMap(CrashVerb.init)].compactMap { $0 }
      case "--every": every = rest.popFirst().flatMap { Int($0) } ?? 1
      case "--hostile": rounds = rest.popFirst().flatMap { Int($0) }
      case "--seed": seed = rest.popFirst().flatMap { UInt64($0) } ?? 1
      case "--directory": setenv("COWBOX_TEST_DIRECTORY", rest.popFirst() ?? "/var/tmp", 1)
      default:
        say(usage)
        Glibc.exit(2)
      }
    }
    if let rounds { return try hostile(rounds, seed) }
    for verb in verbs {
      let trial = try CrashTrial(verb)
      let tally = try trial.run(acts, every: every) { say($0) }
      say(
        "\(verb.rawValue): \(tally.calls) calls, \(tally.runs) runs: \(tally.before) as before, "
          + "\(tally.after) as after")
    }
  }

  private static func hostile(_ rounds: Int, _ seed: UInt64) throws {
    let own = try Descriptor.currentDirectory.symlinkTarget("/proc/self/exe")
    let tally = try HostileHost(hammer: [own.printable, "--hammer"]).run(rounds, seed: seed)
    say(
      "\(tally.rounds) rounds: \(tally.applied) applies landed, \(tally.conflicts) found conflicts, "
        + "\(tally.interfered) were disturbed and taken back, \(tally.stuck) stuck; nothing lost")
  }

  private static func say(_ text: String) {
    // Nobody is left to hear that standard output can't be written.
    try? Descriptor.standardOutput.write(Array((text + "\n").utf8))
  }
}
