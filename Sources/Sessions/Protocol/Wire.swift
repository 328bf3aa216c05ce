import Linux
import Store

/// The values of the control protocol as they are written; cowbox-protocol(7) has every method.
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
      "limit": JSON.optional(request.wallSeconds) { .int(Int64(clamping: $0)) },
      "closed": .array(request.closedStreams.map { .int(Int64($0)) }),
      "terminal": JSON.optional(terminal) {
        ["rows": .int(Int64($0.rows)), "columns": .int(Int64($0.columns))]
      },
      "descriptors": .int(Int64(descriptors)),
    ]
  }

  /// The command that `spawn` asks for; what it does not say is as the session's opener had it.
  static func request(from params: JSON, environment: [ByteString], directory: ByteString)
    throws(ProtocolError) -> (CommandRequest, WindowSize?)
  {
    guard let words = strings(params["words"]), !words.isEmpty else {
      throw ProtocolError(.wrongParams, "'words' must be a list of strings, and not empty")
    }
    let kindName = try text("kind", params) ?? "exec"
    guard let kind = Step.Kind(rawValue: kindName), [.run, .exec].contains(kind) else {
      throw ProtocolError(.wrongParams, "'kind' must be run or exec")
    }
    guard let whole = strings(params["environment"] ?? .array(environment.map { JSON($0) })),
      let more = strings(params["variables"] ?? [])
    else { throw ProtocolError(.wrongParams, "'environment' must be a list of NAME=value") }
    let names = Set(more.map { $0.bytes.prefix { $0 != UInt8(ascii: "=") } })
    let kept = whole.filter { !names.contains($0.bytes.prefix { $0 != UInt8(ascii: "=") }) }
    guard let place = (params["directory"] ?? JSON(directory)).byteString,
      let mask = (params["umask"] ?? 0o022).int, (0...0o777).contains(mask),
      let isDetached = (params["detached"] ?? false).bool
    else { throw ProtocolError(.wrongParams, "'directory', 'umask' or 'detached' is no such") }
    var request = CommandRequest(
      words: words, environment: kept + more, directory: place, creationMask: UInt32(mask),
      kind: kind, isDetached: isDetached)
    request.message = try text("message", params) ?? ""
    request.timeout = try timeout(params)
    request.wallSeconds = params["limit"]?.int.flatMap { $0 > 0 ? UInt64($0) : nil }
    request.closedStreams = (params["closed"]?.array ?? []).compactMap { number in
      number.int.flatMap { (0...2).contains($0) ? Int32($0) : nil }
    }
    request.clock = params["clock"]?.int.map { Timestamp(nanoseconds: $0) }
    request.ambientSeconds = params["ambient"]?.int.map { Double($0) / 1000 }
    return (request, try terminal(params))
  }

  private static func terminal(_ params: JSON) throws(ProtocolError) -> WindowSize? {
    guard let terminal = params["terminal"], terminal != .null else { return nil }
    guard let rows = terminal["rows"]?.int, let columns = terminal["columns"]?.int else {
      throw ProtocolError(.wrongParams, "a terminal needs rows and columns")
    }
    return WindowSize(rows: UInt16(clamping: rows), columns: UInt16(clamping: columns))
  }

  private static func timeout(_ params: JSON) throws(ProtocolError) -> Int64? {
    guard let given = params["timeout"], given != .null else { return nil }
    guard let milliseconds = given.int, (1...86_400_000).contains(milliseconds) else {
      throw ProtocolError(.wrongParams, "'timeout' must be milliseconds from 1 to 86400000")
    }
    return milliseconds
  }

  /// A string that may be left out.
  static func text(_ name: String, _ params: JSON) throws(ProtocolError) -> String? {
    guard let given = params[name], given != .null else { return nil }
    guard let text = given.string else {
      throw ProtocolError(.wrongParams, "'\(name)' must be a string")
    }
    return text
  }

  /// A list of strings that may be left out.
  static func texts(_ name: String, _ params: JSON) throws(ProtocolError) -> [ByteString] {
    guard let given = params[name], given != .null else { return [] }
    guard let list = strings(given) else {
      throw ProtocolError(.wrongParams, "'\(name)' must be a list of strings")
    }
    return list
  }

  /// A list of byte strings without NUL, which no command line can hold.
  static func strings(_ value: JSON?) -> [ByteString]? {
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
      "step": .int(report.step), "refused": names(.call, report),
      "refusedNames": names(.network, report),
      "refusals": .array(report.refusals.map(\.json)),
      "timedOut": .bool(report.hasTimedOut),
    ]
  }

  /// "name count" each.
  private static func names(_ kind: Refusal.Kind, _ report: CommandReport) -> JSON {
    .array(report.refusals.filter { $0.kind == kind }.map { .string("\($0.what) \($0.count)") })
  }

  static func report(from params: JSON) -> CommandReport? {
    guard let changed = params["changed"]?.bool, let step = params["step"]?.int else { return nil }
    let end: CommandEnd
    if let status = params["status"]?.int {
      end = .exited(Int32(clamping: status))
    } else if let signal = params["signal"]?.int {
      end = .killed(signal: Int32(clamping: signal))
    } else {
      return nil
    }
    return CommandReport(
      end: end, hasChanges: changed, step: step,
      refusals: (params["refusals"]?.array ?? []).compactMap(Refusal.init(json:)),
      hasTimedOut: params["timedOut"]?.bool ?? false)
  }
}
