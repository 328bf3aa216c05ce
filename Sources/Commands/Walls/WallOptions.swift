import Linux
import Profiles
import Sessions

/// The options that say what the box is made of.
enum WallOptions {
  static let all: [Option] = [
    Option(
      "profile", short: "p", value: "PROFILE", "what the box shows and allows; a name or a file"),
    Option(
      "net", value: "WHICH", choices: ["off", "host"], "the network: off (the default) or host"),
    Option("no-net", "no network, whatever the profile says"),
    Option(
      "publish", value: "PORT", repeats: true, "let the host reach a port of the box at its own"),
    Option(
      "allow-net", value: "NAME[:PORT]", repeats: true,
      "let a name through, as example.org or *.example.org:8443"),
    Option("env", short: "e", value: "NAME[=VALUE]", repeats: true, "pass or set a variable"),
    Option("cow", value: "DIR", repeats: true, "show another directory copy-on-write"),
    Option("ro", value: "PATH", repeats: true, "show a path read-only"),
    Option("rw", value: "PATH", repeats: true, "let writes to a path through, without undo"),
    Option("mask", value: "PATH", repeats: true, "show a path empty"),
    Option("no-home", "leave the home directory read-only"),
    Option("fakeroot", "let the command see itself as root"),
    Option("allow-userns", "let the command make user namespaces, as browsers do"),
    Option("nest", "let cowbox run inside: --allow-userns, and /dev/fuse"),
    Option(
      "seccomp", value: "MODE", choices: ["enforce", "log", "off"],
      "what happens to calls that are not allowed"),
    Option("memory", value: "SIZE", "the most memory that the command may use, as 512M or 2G"),
    Option("pids", value: "N", "the most processes that the command may be"),
    Option("cpus", value: "N", "the most processors that work for it at a time, as 2 or 1.5"),
    Option("cpu", value: "TIME", "the most processor time of each process, as 90s or 10m"),
    Option("timeout", value: "TIME", "the most time the command may take, as 90s or 10m; exit 124"),
    Option("max-size", value: "SIZE", "the most that the session may hold, as 500M or 2G"),
    Option("max-files", value: "N", "the most files that the session may hold"),
  ]

  /// The walls that the profile, the project's own file and the command line ask for.
  static func walls(for invocation: Invocation, project: Project) throws -> Walls {
    let arguments = invocation.arguments
    let loaded = try ProfileChoice(project: project, home: invocation.home)
      .load(named: arguments.text("profile"))
    var profile = loaded.profile
    for change in try changes(arguments) { change.apply(to: &profile) }
    if arguments.has("no-home") {
      profile.mounts.removeAll { $0.source == "~" && $0.mode == .copyOnWrite }
    }
    var walls = try Walls(profile, project: project.path, home: invocation.home)
    walls.plan.nests = arguments.has("nest")
    try show(arguments, in: &walls)
    walls.plan.insistsOnProcesses = arguments.has("pids")
    for variable in arguments.all("env") {
      let isSet = variable.bytes.contains(UInt8(ascii: "="))
      if isSet { walls.set.append(variable) } else { walls.passed.append(variable) }
    }
    if let size = try arguments.text("max-size").map(size) { walls.maximumSize = size }
    if let files = try arguments.number("max-files", in: 1...Int(Int32.max)) {
      walls.maximumFiles = files
    }
    return walls
  }

  /// Adds the paths that the command line shows or hides; one that is shown is hidden no more.
  private static func show(_ arguments: Arguments, in walls: inout Walls) throws {
    let modes: [(String, MountRule.Mode)] = [
      ("ro", .readOnly), ("rw", .readWrite), ("cow", .copyOnWrite),
    ]
    for (option, mode) in modes {
      for path in try arguments.all(option).map(canonical) { walls.show(path, as: mode) }
    }
    for path in try arguments.all("mask").map(absolute) { walls.show(path, as: .mask) }
    walls.terms["limits", default: ""] += ["max-size", "max-files"].flatMap { option in
      arguments.all(option).map { "\n\(option) \($0.printable)" }
    }.joined()
  }

  /// The walls of the usual profile, whatever the command line says.
  static func usual(for invocation: Invocation, project: Project) throws -> Walls {
    let loaded = try ProfileChoice(project: project, home: invocation.home).load(named: nil)
    return try Walls(loaded.profile, project: project.path, home: invocation.home)
  }

  /// What the command line changes in the profile.
  private static func changes(_ arguments: Arguments) throws -> [ProfileChange] {
    var changes = try networkChanges(arguments) + limitChanges(arguments)
    if arguments.has("fakeroot") { changes.append(.fakeRoot(true)) }
    if arguments.has("allow-userns") || arguments.has("nest") {
      changes.append(.userNamespaces(true))
    }
    if let mode = try arguments.text("seccomp").flatMap(CallRules.Mode.init) {
      changes.append(.calls(mode))
    }
    return changes
  }

  private static func networkChanges(_ arguments: Arguments) throws -> [ProfileChange] {
    var changes: [ProfileChange] = []
    let mode = try arguments.text("net").flatMap(NetworkRules.Mode.init)
    let names = try arguments.all("allow-net").map { name in
      guard let text = name.string, NetworkName(text) != nil else {
        throw Failure.usage(
          "'\(name.printable)' is no network name", hint: "write example.org:443 or *.example.org")
      }
      return text
    }
    if arguments.has("no-net"), mode == .host || !names.isEmpty {
      throw Failure.usage("'--no-net' contradicts '--net host' and '--allow-net'")
    }
    if let mode = arguments.has("no-net") ? .off : mode { changes.append(.network(mode)) }
    if !names.isEmpty { changes += [.network(.allow), .allowNames(names)] }
    let ports = try arguments.all("publish").map { text in
      guard let port = text.string.flatMap({ UInt16($0) }), port > 0 else {
        throw Failure.usage(
          "'\(text.printable)' is no port", hint: "a port is a number from 1 to 65535")
      }
      return port
    }
    if !ports.isEmpty { changes.append(.publish(ports)) }
    return changes
  }

  private static func limitChanges(_ arguments: Arguments) throws -> [ProfileChange] {
    var changes: [ProfileChange] = []
    if let memory = try arguments.text("memory").map(size) {
      changes.append(.limit(.memory, UInt64(memory)))
    }
    if let count = try arguments.number("pids", in: 1...Int(Int32.max)) {
      changes.append(.limit(.processes, UInt64(count)))
    }
    if let text = try arguments.text("cpus") {
      guard let processors = Amount.processors(text) else {
        throw Failure.usage(
          "'\(ByteString(text).printable)' is no number of processors", hint: "write 2 or 1.5")
      }
      changes.append(.limit(.cpus, processors))
    }
    for (option, limit) in [("cpu", ProfileChange.Limit.cpu), ("timeout", .time)] {
      guard let text = try arguments.text(option) else { continue }
      guard let seconds = Amount.seconds(text), seconds > 0 else {
        throw Failure.usage(
          "'\(ByteString(text).printable)' is no time", hint: "write 90s, 10m or 2h")
      }
      changes.append(.limit(limit, seconds))
    }
    return changes
  }

  private static func canonical(_ path: ByteString) throws -> ByteString {
    do throws(Errno) { return try Process.canonical(path) } catch {
      throw Failure.usage("cannot use '\(path.printable)': \(error)")
    }
  }

  /// A path that need not exist, made absolute.
  private static func absolute(_ path: ByteString) throws -> ByteString {
    if path.bytes.first == UInt8(ascii: "/") { return path }
    return try Process.currentDirectory().appending(path)
  }

  /// The bytes in "512", "4k", "1.5G".
  static func size(_ text: String) throws -> Int64 {
    let units: [Character: Double] = [
      "k": 1024, "m": 1_048_576, "g": 1_073_741_824, "t": 1_099_511_627_776,
    ]
    var digits = Substring(text.lowercased())
    for ending in ["ib", "b"] where digits.hasSuffix(ending) {
      digits = digits.dropLast(ending.count)
    }
    var factor = 1.0
    if let last = digits.last, let unit = units[last] {
      factor = unit
      digits = digits.dropLast()
    }
    guard let number = Double(digits), number > 0, number * factor < 9e18 else {
      throw Failure.usage(
        "'\(ByteString(text).printable)' is no size", hint: "write 500M, 2G or a number of bytes")
    }
    return Int64(number * factor)
  }
}
