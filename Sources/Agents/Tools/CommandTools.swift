import Linux
import Sessions

/// The tools that run commands.
enum CommandTools {
  static let all = [run, more]

  private static let run = Tool(
    "run", "Run a command", .changesSession,
    """
    Runs a shell command in the session: it sees the project as it is there, and what it changes \
    stays in the session. It is confined: no secrets, no network unless allowed. Output is streamed \
    as progress; a long one is shown in pages.
    """,
    [
      Schema.string("command", "what /bin/sh -c runs", required: true),
      Schema.string("cwd", "where it runs; the project's top directory otherwise"),
      Schema.integer("timeout", "seconds until it is ended", in: 1...86_400, default: 120),
      Schema.string("stdin", "what it reads as its standard input"),
      Schema.dictionary("env", "variables to set for it"),
    ]
  ) { call in
    RunningTool(call).start()
  }

  private static let more = Tool(
    "more", "Read on", .reads, "Shows the next page of a long answer of another tool.",
    [Schema.string("cursor", "the cursor that the page before ended with", required: true)]
  ) { call in
    guard let (page, cursor) = call.pages.page(at: call.text("cursor") ?? "") else {
      return call.fail(
        ProtocolError(
          .wrongParams, "there is no page with that cursor any more",
          hint: "call the tool again that made the answer"))
    }
    call.finish(page, ["cursor": JSON.optional(cursor) { .string($0) }])
  }
}

/// A command that an agent has started, until it is answered.
private final class RunningTool {
  private let call: ToolCall
  private var output: [UInt8] = []
  private var byteCount: Int64 = 0
  private var hasOverflowed = false
  private let began = Timestamp.now
  private var process: Int64?

  /// What is kept of the output; what comes behind it is counted only.
  private static let most = 16 << 20

  init(_ call: ToolCall) { self.call = call }

  func start() {
    var params: [JSON.Member] = [
      JSON.Member("words", ["/bin/sh", "-c", .string(call.text("command") ?? "")]),
      JSON.Member("timeout", .int((call.number("timeout") ?? 120) * 1000)),
      JSON.Member("message", .string(call.tag)),
    ]
    if let directory = call.text("cwd") {
      params.append(JSON.Member("directory", .string(directory)))
    }
    if case .object(let variables)? = call.arguments["env"] {
      let words = variables.map { "\($0.name)=\($0.value.string ?? "")" }
      params.append(JSON.Member("variables", .array(words.map { .string($0) })))
    }
    call.keeper.ask("spawn", .object(params)) { [self] outcome in
      switch outcome {
      case .success(let result): follow(result)
      case .failure(let error): call.fail(error)
      }
    }
    // Until its number is known, the end is all that can be asked of it.
    call.whenCancelled = { [self] in isCancelled = true }
  }

  private var isCancelled = false

  private func follow(_ result: JSON) {
    guard let process = result["process"]?.int else { return }
    self.process = process
    if isCancelled { end() }
    call.whenCancelled = { [self] in end() }
    call.keeper.follow(process) { [self] method, params in hear(method, params) }
    var input: [JSON.Member] = [
      JSON.Member("process", .int(process)), JSON.Member("end", true),
    ]
    if let text = call.text("stdin") { input.append(JSON.Member("data", .string(text))) }
    // A command that has ended already reads nothing.
    call.keeper.ask("input", .object(input)) { _ in }
  }

  /// Ends the command of a call that was taken back.
  private func end() {
    guard let process else { return }
    call.keeper.ask("end", ["process": .int(process), "grace": 2000]) { _ in }
  }

  private func hear(_ method: String, _ params: JSON) {
    switch method {
    case "output": take(params["data"]?.byteString?.bytes ?? [])
    case "exited":
      finish(params)
    case "lost":
      finish(nil)
      call.fail(ProtocolError(json: params))
    default: break
    }
  }

  private func take(_ bytes: [UInt8]) {
    byteCount += Int64(bytes.count)
    let room = Self.most - output.count
    output += bytes.prefix(room)
    if bytes.count > room { hasOverflowed = true }
    call.progress?(byteCount, String(decoding: bytes.prefix(8192), as: UTF8.self))
  }

  private func finish(_ end: JSON?) {
    if let process { call.keeper.unfollow(process) }
    guard let end else { return }
    let milliseconds = (Timestamp.now.nanoseconds - began.nanoseconds) / 1_000_000
    let timedOut = end["timedOut"]?.bool ?? false
    var notes = "\n[\(Self.words(for: end)) after \(milliseconds) ms"
    if let step = end["step"]?.int { notes += "; step \(step)" }
    notes += end["changed"]?.bool == true ? "; the session has changed]" : "]"
    if hasOverflowed { notes += "\n[of \(byteCount) bytes of output only 16 MiB were kept]" }
    notes += Self.refusals(end)
    let values: JSON = .object(
      [
        JSON.Member("exitCode", JSON.optional(end["status"]?.int) { .int($0) }),
        JSON.Member("signal", JSON.optional(end["signal"]?.int) { .int($0) }),
        JSON.Member("timedOut", .bool(timedOut)), JSON.Member("step", end["step"] ?? .null),
        JSON.Member("changed", end["changed"] ?? false), JSON.Member("bytes", .int(byteCount)),
      ])
    call.finishPaged(output, notes: notes, values)
  }

  private static func words(for end: JSON) -> String {
    if end["timedOut"]?.bool == true { return "ended because its time was over" }
    if let signal = end["signal"]?.int { return "killed by signal \(signal)" }
    return "exit \(end["status"]?.int ?? 0)"
  }

  /// What the walls refused, which may be why a command failed.
  private static func refusals(_ end: JSON) -> String {
    let names = end["refusedNames"]?.array?.compactMap(\.string) ?? []
    if names.isEmpty { return "" }
    return "\n[the network was refused so far: \(names.joined(separator: ", "));"
      + " the tool 'network' says which line allows it]"
  }
}
