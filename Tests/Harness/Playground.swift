import CLinux
import Glibc
import Linux

/// A temporary place with a project and a state directory, and the built cowbox to use on them.
package final class Playground: Sendable {
  package let path: String
  package let project: String
  package let state: String

  /// A place of its own; what it holds is removed with it.
  package init(_ name: String = "project") throws {
    let template = strdup((Self.base.map { $0 + "/" } ?? "/var/tmp/") + "cowbox-test.XXXXXX")
    defer { free(template) }
    guard let template, let made = mkdtemp(template) else { throw Errno.last }
    path = String(cString: made)
    project = path + "/" + name
    state = path + "/state"
    try Descriptor.currentDirectory.makeDirectory(ByteString(project), mode: 0o755)
  }

  deinit {
    // What can't be removed stays in the temporary directory; no test depends on it.
    _ = try? Command(["rm", "-rf", path], in: "/", environment: Self.environment).run()
  }

  /// Where temporary places are made, when the environment says.
  private static var base: String? { Process.variable("COWBOX_TEST_DIRECTORY")?.string }

  /// The cowbox that was built: beside the tests' own program, or where COWBOX_BINARY says.
  package static var binary: String {
    if let named = Process.variable("COWBOX_BINARY")?.string { return named }
    let own = (try? Descriptor.currentDirectory.symlinkTarget("/proc/self/exe")) ?? ""
    // `swift test` runs a helper of the toolchain that loads the tests; then they are found here.
    let beside = own.parent.appending("cowbox")
    if (try? Descriptor.currentDirectory.status(of: beside)) != nil { return beside.string ?? "" }
    return source + "/.build/debug/cowbox"
  }

  /// The sources of this build, or where COWBOX_SOURCE says.
  package static var source: String {
    if let named = Process.variable("COWBOX_SOURCE")?.string { return named }
    return ByteString(#filePath).parent.parent.parent.string ?? "."
  }

  /// Whether the environment asks for something, as with `COWBOX_LOAD=1`.
  package static func asks(_ name: String) -> Bool { Process.variable(name) != nil }

  /// A small environment that depends on the user only.
  package static var environment: [String: String] {
    var environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb"]
    for name in ["HOME", "USER", "LOGNAME"] {
      environment[name] = Process.variable(name)?.string
    }
    return environment
  }

  /// The built cowbox with some words, in the project.
  package func cowbox(_ words: String..., environment: [String: String] = [:]) -> Command {
    Command(
      [Self.binary] + words, in: project,
      environment: Self.environment.merging(["COWBOX_STATE": state]) { $1 }.merging(environment) {
        $1
      })
  }

  /// A shell command outside of any session, in the project; throws unless it succeeds.
  @discardableResult
  package func shell(_ script: String) throws -> String {
    let ended = try Command(
      ["sh", "-euc", script], in: project, environment: Self.environment
    ).run()
    guard ended.status == 0 else { throw ShellFailure(script: script, complaint: ended.complaint) }
    return ended.text
  }

  /// The process of the keeper that the project's session has now.
  package func keeper() throws -> Int32? {
    let text = try cowbox("status", "--json").run().text
    let behind = text.split(separator: "\"keeper\": ").dropFirst().first
    return behind.flatMap { Int32($0.prefix { $0.isNumber }) }
  }

  /// A shell command that failed where it must not.
  package struct ShellFailure: Error {
    let script: String
    let complaint: String
  }
}
