/// The options that every command takes, before its name or behind it.
enum GlobalOptions {
  static let version = Option("version", short: "V", "show the version and end")

  static let all: [Option] = [
    Option("directory", short: "C", value: "DIR", "do as if started in DIR"),
    Option("project", value: "DIR", "the project, where it isn't found by itself"),
    Option("session", short: "s", value: "ID", "the session; the beginning of its name suffices"),
    Option("quiet", short: "q", "say only what was asked for, and errors"),
    Option("verbose", short: "v", "say more"),
    Option(
      "color", value: "WHEN", choices: ["auto", "always", "never"],
      "colours: auto (on a terminal), always or never"),
    Option("help", short: "h", "show help and end"),
  ]
}
