import Harness
import Linux
import Testing

@testable import Commands

/// Every example in the manual and the README means what it says.
@Suite struct ExampleTests {
  @Test func `the terminal sessions of the README are what one sees`() throws {
    let place = try Playground()
    let own = ByteString(Playground.binary).parent.printable
    let environment = Playground.environment.merging([
      "COWBOX_STATE": place.state, "PATH": own + ":/usr/local/bin:/usr/bin:/bin",
      "XDG_CONFIG_HOME": place.path + "/config",
    ]) { $1 }
    let ended = try Command(
      ["python3", Playground.source + "/.ci/readme", Playground.source + "/README.md"],
      in: place.project, environment: environment
    ).run()
    #expect(ended.status == 0, "\(ended.text)\(ended.complaint)")
    #expect(ended.text.contains("ok "), "no session was found in the README")
  }

  /// The examples of a command's help, which is also its page of the manual.
  static let manual: [(verb: String, line: String)] = Verbs.all.flatMap { verb in
    verb.details.split(separator: "\n").filter { $0.hasPrefix("    ") }.compactMap { line in
      // A shell's own words may stand around the command.
      line.firstRange(of: "cowbox ").map {
        (verb.name, String(line[$0.lowerBound...].prefix { !"|)".contains($0) }))
      }
    }
  }

  @Test(arguments: manual)
  func `an example of the manual is a right command line`(verb: String, line: String) throws {
    let words = try shellWords(line)
    let (_, rest) = try ArgumentParser.parseGlobal(words.dropFirst())
    let name = try #require(rest.first, "\(verb): \(line)")
    _ = try ArgumentParser.parse(rest.dropFirst(), for: try Verbs.named(name))
  }

  /// The words of a line, as the shell reads them; what is piped or redirected is left out.
  private func shellWords(_ line: String) throws -> [ByteString] {
    let place = try Playground()
    let script =
      "cowbox() { printf '%s\\0' cowbox \"$@\" >&3; }; { \(line)\n} 3>&1 >/dev/null </dev/null"
    let ended = try Command(
      ["bash", "-c", script], in: place.project, environment: Playground.environment
    ).run()
    return ended.output.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
      ByteString($0)
    }
  }
}
