import Linux
import Store

/// The methods of the control protocol, and how their values are written.
///
/// The session's socket is `run/control` in its directory; only the session's owner may connect.
/// Each line is one JSON-RPC 2.0 message. Bytes that are no UTF-8 are `{"base64": "..."}`.
///
/// Requests:
/// - `hello` {version, client} -> {version, session, project, keeper}; must be the first.
/// - `spawn` {words, environment, directory, umask, kind, detached, clock: nanoseconds | null,
///   ambient: milliseconds | null, terminal: {rows, columns} | null, descriptors: n} -> {process, step, descriptors: 0 | 1}. Without a terminal three descriptors
///   come with it: standard input, output and error. With one, the answer carries the terminal's
///   controlling side; a single descriptor that comes with the request is standard error.
/// - `signal` {process, signal} -> {}
/// - `status` {} -> {session, project, keeper, commands: [{process, words, began, detached}]}
/// - `flush` {} -> {}; what the commands wrote until now can be read from the database.
/// - `step` {message} -> {step}; what follows belongs to another step.
/// - `snapshot` {name, replacing} -> {step}; the present has a name.
/// - `restore` {step, kind: undo | redo | restore, message, paths: [{root, path}]} -> {step}; the
///   present is as it was, or only the paths are.
/// - `stop` {} -> {}; every command is killed and the session comes to rest.
///
/// Notifications to the client:
/// - `exited` {process, status | signal, changed, step}
/// - `stopped` {process}: the command was stopped from its terminal.
package enum Wire {
  /// The version of the protocol; another one is refused.
  package static let version: Int64 = 1

  static func params(of request: CommandRequest, terminal: WindowSize?, descriptors: Int) -> JSON {
    [
      "words": .array(request.words.map { JSON($0) }),
      "environment": .array(request.environment.map { JSON($0) }),
      "directory": JSON(request.directory), "umask": .int(Int64(request.creationMask)),
      "kind": .string(request.kind.rawValue),
      "detached": .bool(request.isDetached),
      "clock": JSON.optional(request.clock) { .int($0.nanoseconds) },
      "ambient": JSON.optional(request.ambientSeconds) { .int(Int64($0 * 1000)) },
      "terminal": JSON.optional(terminal) {
        ["rows": .int(Int64($0.rows)), "columns": .int(Int64($0.columns))]
      },
      "descriptors": .int(Int64(descriptors)),
    ]
  }

  static func request(from params: JSON) throws(ProtocolError) -> (CommandRequest, WindowSize?) {
    guard let words = strings(params["words"]), !words.isEmpty,
      let environment = strings(params["environment"]),
      let directory = params["directory"]?.byteString, let kindName = params["kind"]?.string,
      let kind = Step.Kind(rawValue: kindName), let isDetached = params["detached"]?.bool,
      let mask = params["umask"]?.int, (0...0o777).contains(mask)
    else {
      throw ProtocolError(
        .wrongParams, "spawn needs words, environment, directory, umask, kind and detached")
    }
    var request = CommandRequest(
      words: words, environment: environment, directory: directory, creationMask: UInt32(mask),
      kind: kind, isDetached: isDetached)
    request.clock = params["clock"]?.int.map { Timestamp(nanoseconds: $0) }
    request.ambientSeconds = params["ambient"]?.int.map { Double($0) / 1000 }
    guard let terminal = params["terminal"], terminal != .null else { return (request, nil) }
    guard let rows = terminal["rows"]?.int, let columns = terminal["columns"]?.int else {
      throw ProtocolError(.wrongParams, "a terminal needs rows and columns")
    }
    return (
      request, WindowSize(rows: UInt16(clamping: rows), columns: UInt16(clamping: columns))
    )
  }

  /// A list of byte strings without NUL, which no command line can hold.
  private static func strings(_ value: JSON?) -> [ByteString]? {
    guard let values = value?.array else { return nil }
    let strings = values.compactMap(\.byteString)
    guard strings.count == values.count, strings.allSatisfy({ !$0.bytes.contains(0) }) else {
      return nil
    }
    return strings
  }

  static func params(of report: CommandReport, process: Int64) -> JSON {
    let (name, value): (String, Int32) =
      switch report.end {
      case .exited(let status): ("status", status)
      case .killed(let signal): ("signal", signal)
      }
    return [
      "process": .int(process), name: .int(Int64(value)), "changed": .bool(report.hasChanges),
      "step": .int(report.step), "refused": .array(report.refusedCalls.map { .string($0) }),
      "refusedNames": .array(report.refusedNames.map { .string($0) }),
    ]
  }

  static func report(from params: JSON) -> CommandReport? {
    guard let changed = params["changed"]?.bool, let step = params["step"]?.int else { return nil }
    let refused = params["refused"]?.array?.compactMap(\.string) ?? []
    let names = params["refusedNames"]?.array?.compactMap(\.string) ?? []
    if let status = params["status"]?.int {
      return CommandReport(
        end: .exited(Int32(clamping: status)), hasChanges: changed, step: step,
        refusedCalls: refused, refusedNames: names)
    }
    guard let signal = params["signal"]?.int else { return nil }
    return CommandReport(
      end: .killed(signal: Int32(clamping: signal)), hasChanges: changed, step: step,
      refusedCalls: refused, refusedNames: names)
  }
}
