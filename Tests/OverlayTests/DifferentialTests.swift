import Differential
import Glibc
import Harness
import Linux
import Testing

/// The overlay beside a plain directory, in processes that may fork and mount: the tests' own may
/// not, it has threads.
@Suite(.enabled(if: Fuzzer.canMount, "needs /dev/fuse and a mount namespace"))
struct DifferentialTests {
  @Test(arguments: Scenario.all)
  func `as on a plain directory:`(_ scenario: Scenario) throws {
    let ended = try Fuzzer.command("--scenario", scenario.name).run()
    #expect(ended.status == 0, "\(ended.text)\(ended.complaint)")
  }

  @Test(arguments: [11, 12, 13, 14, 15, 16, 17, 18])
  func `random operations do what they do on a plain directory`(seed: Int) throws {
    let ended = try Fuzzer.command("--seed", "\(seed)", "--operations", "400", "--no-shrink").run()
    #expect(ended.status == 0, "\(ended.text)\(ended.complaint)")
  }

  @Test(arguments: [21, 22])
  func `an operation that finds the disk full is done or refused, never half`(seed: Int) throws {
    let ended = try Fuzzer.command(
      "--starve", "--seed", "\(seed)", "--operations", "300", "--no-shrink"
    ).run()
    #expect(ended.status == 0, "\(ended.text)\(ended.complaint)")
  }

  @Test(arguments: FileSystemKind.allCases.filter { $0 == .tmpfs || Fuzzer.isRoot })
  func `random operations do the same on every file system`(kind: FileSystemKind) throws {
    let ended = try Fuzzer.command(
      "--on", kind.rawValue, "--seed", "31", "--operations", "300", "--no-shrink"
    ).run()
    #expect(ended.status == 0, "\(ended.text)\(ended.complaint)")
  }

  @Test(arguments: [1, 2])
  func `processes that work at the same time see what they would alone`(seed: Int) throws {
    let ended = try Fuzzer.command(
      "--processes", "3", "--seed", "\(seed)", "--operations", "250"
    ).run()
    #expect(ended.status == 0, "\(ended.text)\(ended.complaint)")
  }

  @Test func `what fsync acknowledged survives the server's death, the rest is a prefix`() throws {
    let ended = try Fuzzer.command("--kill", "--seed", "1", "--rounds", "60").run()
    #expect(ended.status == 0, "\(ended.text)\(ended.complaint)")
  }

  @Test(arguments: [
    ["--seed", "1"], ["--seed", "2"], ["--seed", "5"], ["--seed", "6"],
    ["--seed", "3", "--writers"], ["--seed", "21", "--writers"],
  ])
  func `every step of a random history is what was seen`(words: [String]) throws {
    var command = Fuzzer.command("--history", "--operations", "400")
    command.words += words
    let ended = try command.run()
    #expect(ended.status == 0, "\(ended.text)\(ended.complaint)")
  }

  @Test(arguments: [1, 2])
  func `killed at any call, a live directory is as before or after, and goes back`(seed: Int) throws
  {
    let ended = try Fuzzer.command(
      "--through", "--seed", "\(seed)", "--operations", "25", "--every", "11"
    ).run()
    #expect(ended.status == 0, "\(ended.text)\(ended.complaint)")
  }
}

/// The built cowbox-fuzz.
enum Fuzzer {
  static var binary: String { ByteString(Playground.binary).parent.string ?? "." }

  static func command(_ words: String...) -> Command {
    var command = Command(
      [binary + "/cowbox-fuzz"] + words, in: "/", environment: Playground.environment)
    command.milliseconds = 170_000
    return command
  }

  /// Whether images can be mounted.
  static var isRoot: Bool { Process.user == 0 }

  /// Whether a user-space file system can be mounted here, by who runs the tests.
  static var canMount: Bool {
    if Process.variable("COWBOX_MUST_WORK") != nil { return true }
    // What keeps it from mounting is the answer.
    let ended = try? command("--seed", "1", "--operations", "1", "--no-shrink").run()
    return ended?.status == 0
  }
}

extension Scenario: CustomTestStringConvertible {
  /// The promise itself.
  public var testDescription: String { name }
}
