import Harness
import Linux
import Testing

/// What agents and scripts speak, tried by programs in Python: they are what speaks it outside.
@Suite struct AgentsTests {
  @Test func `the Model Context Protocol is spoken as it is written`() throws {
    try run("\(Self.scripts)/conformance.py")
  }

  @Test func `the control protocol is spoken as it is written`() throws {
    try run("\(Self.scripts)/protocol.py")
  }

  @Test func `the official client of the Model Context Protocol works`() throws {
    try run("\(Self.scripts)/official.py", path: try Self.packages())
  }

  @Test func `the agent that a newcomer starts with works`() throws {
    try run(".ci/agent")
  }

  @Test func `the Python client works`() throws {
    try run("\(Self.scripts)/client.py", path: Playground.source + "/Sources/Python")
  }

  private static let scripts = "Tests/AgentsTests/Python"

  /// Runs a script in a project of its own, with the built cowbox as its argument and in the path.
  private func run(_ script: String, path: String = "") throws {
    let place = try Playground()
    var environment = Playground.environment
    let programs = ByteString(Playground.binary).parent.string ?? ""
    environment["PATH"] = programs + ":" + (environment["PATH"] ?? "")
    environment["COWBOX_STATE"] = place.state
    environment["PYTHONPATH"] = path
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    var command = Command(
      ["python3", "\(Playground.source)/\(script)", Playground.binary], in: place.project,
      environment: environment)
    command.milliseconds = 300_000
    let ended = try command.run()
    #expect(ended.status == 0, "\(ended.text)\n\(ended.complaint)")
  }

  /// Where the set-up has put the Python packages that only the tests need.
  private static func packages() throws -> String {
    let place =
      Process.variable("COWBOX_PYTHON")?.string ?? Playground.source + "/.build/python"
    let found = try? Descriptor.currentDirectory.status(of: ByteString(place + "/mcp")).kind
    try #require(
      found == .directory,
      "the Python package 'mcp' is not in '\(place)': run '.ci/setup test' with the network at hand"
    )
    return place
  }
}
