import Linux
import Sessions
import Store

/// `cowbox run`, `exec` and `shell`: a command in the project's session.
enum RunCommand {
  static let sessionOptions: [Option] = [
    Option("new", "begin another session, whatever there is"),
    Option("in", value: "NAME", "in the session of that name, as --session says"),
    Option("detach", short: "d", "let it go on alone; its output goes to a file"),
  ]

  /// What `run` and `exec` take besides.
  static let stepOptions: [Option] = [
    Option(
      "ambient", value: "SECONDS", "close a step by itself after such a pause in writing"),
    Option(
      "clock", value: "EPOCH", "give all that changes one time, in seconds since 1970"),
  ]

  static let run = Verb(
    "run", .work, "run a command; the project is untouched",
    operands: .command("[--] COMMAND [ARGUMENT...]"),
    options: sessionOptions + stepOptions + WallOptions.all,
    details: """
      The command sees the project as it is, and its changes land in the project's session. Another
      'run' goes on in the same session, also while the first one runs. The exit status is the
      command's own: 125 says that cowbox failed, 126 and 127 that the command could not be started,
      128+N that signal N ended it.

          cowbox run -- npm test
          cowbox run --new -- make -j4
          cowbox run --net host -- git fetch
      """
  ) { invocation in
    try start(words(of: invocation), kind: .run, choice: choice(for: invocation), invocation)
  }

  static let exec = Verb(
    "exec", .work, "run a command in a session that exists",
    operands: .command("[--] COMMAND [ARGUMENT...]"),
    options: [sessionOptions[2]] + stepOptions + WallOptions.all,
    details: "Like 'run', but never begins a session."
  ) { invocation in
    let named = try invocation.arguments.text("session")
    return try start(
      words(of: invocation), kind: .exec, choice: named.map { .named($0) } ?? .existing, invocation)
  }

  static let shell = Verb(
    "shell", .work, "open a shell in the session",
    options: Array(sessionOptions[..<2]) + WallOptions.all,
    details: "Runs the shell that SHELL names, or /bin/sh, as 'cowbox run' would."
  ) { invocation in
    let shell = Process.variable("SHELL") ?? "/bin/sh"
    return try start([shell], kind: .run, choice: choice(for: invocation), invocation)
  }

  private static func words(of invocation: Invocation) throws -> [ByteString] {
    guard let name = invocation.operands.first, !name.isEmpty else {
      throw Failure.usage(
        "'\(invocation.verb.name)' needs a command",
        hint: "cowbox \(invocation.verb.name) -- COMMAND [ARGUMENT...]")
    }
    return invocation.operands
  }

  /// Which session the command line means.
  static func choice(for invocation: Invocation) throws -> SessionChoice {
    if let name = try invocation.arguments.text("in") ?? invocation.arguments.text("session") {
      if invocation.arguments.has("new") {
        throw Failure.usage("'--new' and '--session' contradict each other")
      }
      return .named(name)
    }
    return invocation.arguments.has("new") ? .new : .current
  }

  private static func start(
    _ words: [ByteString], kind: Step.Kind, choice: SessionChoice, _ invocation: Invocation
  ) throws -> Int32 {
    let project = try invocation.project()
    let walls = try WallOptions.walls(for: invocation, project: project)
    let opening = invocation.opening(of: project, behind: walls)
    let session = try opening.open(choice)
    tellWhich(session, invocation)
    try JoinedWalls.check(session, walls, kind, invocation)
    if invocation.isVerbose, let walls = try session.client.walls() {
      WallReport.tell(walls, invocation)
    }
    var request = CommandRequest(
      words: words, environment: walls.environment(Process.environment),
      directory: project.directory,
      creationMask: Process.creationMask, kind: kind,
      isDetached: invocation.arguments.has("detach"), wallSeconds: walls.wallSeconds)
    request.clock = try invocation.arguments.number("clock", in: 0...Int(Int32.max)).map {
      Timestamp(nanoseconds: Int64($0) * 1_000_000_000)
    }
    request.ambientSeconds = try ambient(invocation.arguments)
    request.closedStreams = Process.closedStreams
    if request.isDetached { return try detach(request, session, invocation) }
    let report = try Attendance(client: session.client).run(request)
    if report.hasTimedOut {
      invocation.say("its time was over; '--timeout' and 'limits.time' say how long a command has")
    }
    RefusalReport.tell(report, invocation)
    if report.hasChanges { try RunSummary.tell(of: session, step: report.step, invocation) }
    session.client.leave()
    return report.end.exitStatus
  }

  /// The pause in writing that ends a step; 0 and nothing: none does.
  private static func ambient(_ arguments: Arguments) throws -> Double? {
    guard let text = try arguments.text("ambient") else { return nil }
    guard let seconds = Double(text), seconds >= 0, seconds < 1_000_000 else {
      throw Failure.usage("'\(ByteString(text).printable)' is no number of seconds")
    }
    return seconds == 0 ? nil : seconds
  }

  /// Says in one line that a session goes on; a new one is not worth a word.
  private static func tellWhich(_ session: RunningSession, _ invocation: Invocation) {
    if session.isJoined {
      invocation.say("joining session \(session.name), which is running")
    } else if !session.isNew {
      invocation.say("going on in session \(session.name)")
    }
  }

  private static func detach(
    _ request: CommandRequest, _ session: RunningSession, _ invocation: Invocation
  ) throws -> Int32 {
    let output = try session.startDetached(request)
    invocation.say("running in session \(session.name); its output goes to \(output.printable)")
    return ExitCode.done
  }
}
