import Crash
import Glibc
import Harness
import Testing

/// A sample of what `make crash` does at every call.
@Suite(.serialized) struct CrashTests {
  @Test(arguments: CrashVerb.allCases)
  func `killed anywhere, a command leaves everything as before or as after`(verb: CrashVerb) throws
  {
    let trial = try CrashTrial(verb)
    let tally = try trial.run([.kill], from: trial.count / 10, every: trial.count / 7)
    #expect(tally.before + tally.after == tally.runs && tally.runs >= 6)
  }

  @Test(arguments: CrashVerb.allCases)
  func `a call that fails leaves everything as before or as after`(verb: CrashVerb) throws {
    let trial = try CrashTrial(verb)
    let acts: [CrashTrial.Act] = [.fail(ENOSPC), .fail(EIO)]
    let tally = try trial.run(acts, from: trial.count / 8, every: trial.count / 3)
    #expect(tally.before + tally.after == tally.runs && tally.runs >= 4)
  }

  @Test func `a hostile host loses nothing, and nothing is written outside`() throws {
    let program = Playground.binary + "-crash"
    let tally = try HostileHost(hammer: [program, "--hammer"]).run(10, seed: 7)
    #expect(tally.rounds == 10)
  }
}
