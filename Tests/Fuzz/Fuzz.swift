import Differential
import Glibc
import Linux
import Rehearsal

/// Random operations on the overlay and on a plain directory, until they differ.
@main struct Fuzz {
  static func main() {
    do {
      var command = try FuzzCommand(Process.arguments.dropFirst().map(\.printable))
      Glibc.exit(try command.run() ? 0 : 1)
    } catch {
      say("cowbox-fuzz: \(error)")
      Glibc.exit(2)
    }
  }
}

/// What is wrong with the command line.
struct Usage: Error, CustomStringConvertible {
  let description: String

  init(_ complaint: String) {
    description = """
      \(complaint)
      usage: cowbox-fuzz [--seed N] [--operations N] [--rounds N] [--seconds N] [--no-shrink]
                         [--processes N] [--starve]
                         [--on ext4|xfs|btrfs|tmpfs]
                         [--directory DIR] [--user ID]
             cowbox-fuzz --allocations [--operations N]
             cowbox-fuzz --through [--seed N] [--rounds N] [--operations N] [--every N]
             cowbox-fuzz --history [--writers] [--seed N] [--rounds N] [--operations N]
             cowbox-fuzz --patches [--seed N] [--rounds N] [--operations N]
             cowbox-fuzz --kill [--seed N] [--rounds N] [--directory DIR] [--user ID]
             cowbox-fuzz [--directory DIR] [--user ID] --scenario NAME
             cowbox-fuzz --list [--long]
      """
  }
}

/// One run of the program, as the command line wants it.
struct FuzzCommand {
  private var seed: UInt64?
  private var operations = 300
  private var rounds = Int.max
  private var seconds = Int64.max
  private var shrinks = true
  private var scenario: String?
  private var kills = false
  private var isLive = false
  private var isCounting = false
  private var isHistory = false
  private var withWriters = false
  private var printsPatches = false
  private var stride = 1
  private var processes = 1
  private var starves = false
  private var kind: FileSystemKind?
  private var runner = Runner()

  init(_ words: [String]) throws {
    var words = words[...]
    func number<Number: FixedWidthInteger>(_ option: String) throws -> Number {
      guard let word = words.popFirst(), let value = Number(word) else {
        throw Usage("'\(option)' needs a number")
      }
      return value
    }
    func text(_ option: String) throws -> String {
      guard let word = words.popFirst() else { throw Usage("'\(option)' needs a value") }
      return word
    }
    while let word = words.popFirst() {
      switch word {
      case "--seed": seed = try number(word)
      case "--operations": operations = try number(word)
      case "--rounds": rounds = try number(word)
      case "--seconds": seconds = try number(word)
      case "--no-shrink": shrinks = false
      case "--kill": kills = true
      case "--starve": starves = true
      case "--allocations": isCounting = true
      case "--on":
        guard let known = FileSystemKind(rawValue: try text(word)) else {
          throw Usage("'--on' needs one of ext4, xfs, btrfs and tmpfs")
        }
        kind = known
      case "--through": isLive = true
      case "--history": isHistory = true
      case "--writers": withWriters = true
      case "--patches": printsPatches = true
      case "--every": stride = try number(word)
      case "--processes": processes = try number(word)
      case "--directory": runner.base = ByteString(try text(word))
      case "--scenario": scenario = try text(word)
      case "--user": try Self.become(number(word))
      case "--list":
        let isLong = words.popFirst() == "--long"
        for scenario in isLong ? Scenario.long : Scenario.all { say(scenario.name) }
        Glibc.exit(0)
      default: throw Usage("unknown word '\(word)'")
      }
    }
    if seed == nil && rounds == Int.max && seconds == Int64.max { rounds = 10 }
    if seed != nil && rounds == Int.max && seconds == Int64.max { rounds = 1 }
  }

  /// Goes on as an ordinary user, for good.
  private static func become(_ user: UInt32) throws {
    guard Process.user == 0 else { return }
    try check { setgroups(0, nil) }
    try check { setresgid(user, user, user) }
    try check { setresuid(user, user, user) }
    // A change of ids makes /proc/self root's; an ordinary login has it as its own.
    try Process.allowInspection()
  }

  /// True when nothing was found.
  mutating func run() throws -> Bool {
    if let kind { runner.base = try kind.mount(below: runner.base) }
    if starves { runner.storeSize = 192 << 20 }
    if let scenario { return try run(scenario: scenario) }
    if kills { return try runKills() }
    if isCounting { return try countAllocations() }
    if isLive { return try runLive() }
    if isHistory { return try runHistories() }
    if printsPatches { return try runPatches() }
    let first = try seed ?? Process.randomBytes(4).reduce(0) { $0 << 8 | UInt64($1) }
    let end = Timestamp.now.nanoseconds / 1_000_000_000 &+ min(seconds, 1 << 40)
    var round: UInt64 = 0
    while round < UInt64(rounds), Timestamp.now.nanoseconds / 1_000_000_000 < end {
      let seed = first &+ round
      if processes > 1 {
        guard try runCrowd(seed) else { return false }
        round += 1
        continue
      }
      var generator = Generator(seed: seed, isRoot: Process.user == 0)
      generator.starves = starves
      let list = generator.sequence(operations)
      if let finding = try runner.run(list) {
        try show(finding, in: list, "seed \(seed) (--operations \(operations))")
        return false
      }
      round += 1
      say("seed \(seed): \(operations) operations, no difference")
    }
    return true
  }

  private func runCrowd(_ seed: UInt64) throws -> Bool {
    let crowd = Crowd(seed: seed, processes: processes, operations: operations)
    if let finding = try crowd.run(by: runner) {
      say("seed \(seed) (--operations \(operations) --processes \(processes)): \(finding.text)")
      return false
    }
    say("seed \(seed): \(processes) processes, \(operations) operations each, no difference")
    return true
  }

  private func runKills() throws -> Bool {
    let seed = try seed ?? Process.randomBytes(4).reduce(0) { $0 << 8 | UInt64($1) }
    let count = min(rounds, 1_000_000)
    guard let finding = try KillTrial(seed: seed, rounds: count).run(by: runner) else {
      say("seed \(seed): killed \(count) times, nothing lost")
      return true
    }
    say("seed \(seed): after death \(finding.index)")
    say(finding.text)
    return false
  }

  /// What the server allocates for each request; 1 is libfuse's own.
  private func countAllocations() throws -> Bool {
    let trial = AllocationTrial(rounds: operations)
    if let finding = try trial.run(by: runner) { say(finding.text) }
    return true
  }

  /// A live directory whose keeper dies at every border of a system call, or at every Nth.
  private func runLive() throws -> Bool {
    let first = try seed ?? Process.randomBytes(4).reduce(0) { $0 << 8 | UInt64($1) }
    for round in 0..<UInt64(min(rounds, 1_000_000)) {
      let trial = LiveTrial(
        seed: first &+ round, operations: operations, stride: stride,
        directory: runner.base.string)
      let (finding, count) = try trial.run()
      say("seed \(first &+ round): killed \(count) times, \(finding ?? "nothing lost")")
      if finding != nil { return false }
    }
    return true
  }

  private func runHistories() throws -> Bool {
    let first = try seed ?? Process.randomBytes(4).reduce(0) { $0 << 8 | UInt64($1) }
    for round in 0..<UInt64(min(rounds, 1_000_000)) {
      let trial = HistoryTrial(
        seed: first &+ round, operations: operations, withWriters: withWriters)
      if let finding = try trial.run(by: runner) {
        say("seed \(first &+ round): operation \(finding.index)\n\(finding.text)")
        return false
      }
      say("seed \(first &+ round): \(operations) operations, every step is what was seen")
    }
    return true
  }

  /// Random sessions, of which git must be able to apply the patch.
  private func runPatches() throws -> Bool {
    let first = try seed ?? Process.randomBytes(4).reduce(0) { $0 << 8 | UInt64($1) }
    let count = min(rounds, 1_000_000)
    for round in 0..<UInt64(count) {
      // Sequences of several lengths: a short one shows what a long one hides.
      let seed = first &+ round
      var trial = PatchTrial(
        seed: seed, operations: min(operations, 30) * Int(seed % 3 + 1) / 3)
      if let finding = try trial.run() {
        say("seed \(seed) (--operations \(operations)): \(finding)")
        return false
      }
      if round % 100 == 99 { say("seed \(first &+ round): \(round + 1) patches, no difference") }
    }
    say("seed \(first): \(count) patches, git made of each what the session shows")
    return true
  }

  private func show(_ finding: Finding, in list: [Operation], _ title: String) throws {
    say("\(title): operation \(finding.index) differs")
    say(finding.text)
    guard shrinks else { return }
    say("shrinking ...")
    let small = try runner.shrink(list, finding)
    say("\(small.operations.count) operations still fail:")
    for (index, operation) in small.operations.enumerated() { say("  \(index): .\(operation),") }
    say(small.finding.text)
  }

  private mutating func run(scenario name: String) throws -> Bool {
    let known = Scenario.all + Scenario.long
    guard let scenario = known.first(where: { $0.name == name }) else {
      throw Usage("there is no scenario '\(name)'")
    }
    runner.seconds = Scenario.long.contains { $0.name == name } ? 600 : runner.seconds
    guard let finding = try scenario.run(by: runner) else { return true }
    say("\(name): differs at \(finding.index)")
    say(finding.text)
    return false
  }
}
