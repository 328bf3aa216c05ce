import Sessions

/// `cowbox version`: which cowbox this is.
enum VersionCommand {
  static let verb = Verb(
    "version", .about, "show the version",
    options: [Option("json", "as JSON")], act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    if invocation.wantsJSON {
      let value: JSON = ["version": .string(Program.version), "protocol": 1]
      try invocation.output.line(value.text)
    } else {
      try invocation.output.line("cowbox \(Program.version)")
    }
    return ExitCode.done
  }
}
