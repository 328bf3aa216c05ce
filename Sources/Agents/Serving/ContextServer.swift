import CLinux
import Glibc
import Linux
import Sessions

/// A server of the Model Context Protocol on standard input and output, for one session.
///
/// It has one thread: it forks keepers, and everything it waits for is in one poll(2).
package final class ContextServer {
  private let streams = StandardStreams()
  private let keeper: KeeperLink
  private let pages = Pages()
  private let tools: [Tool]
  private let version: String
  private var revision: Revision?
  private var calls: [RequestID: ToolCall] = [:]

  /// While so many calls are going on, nothing more is taken in.
  private static let mostCalls = 1000

  /// A server; `open` opens the session, again by its name when its keeper has ended.
  package init(
    version: String, mayApply: Bool, open: @escaping (SessionName?) throws -> RunningSession
  ) {
    self.version = version
    keeper = KeeperLink(open: open)
    tools = Tool.all(mayApply: mayApply)
  }

  /// Serves until the client has closed our input and everything is answered.
  package func serve() throws {
    ignoreSignal(SIGPIPE)
    while !streams.isOver, streams.inputIsOpen || !calls.isEmpty || streams.backlog > 0 {
      var set = PollSet()
      streams.prepare(&set, takesInput: calls.count < Self.mostCalls)
      keeper.prepare(&set)
      _ = try attempt("wait for the client") { () throws(Errno) in try set.wait() }
      keeper.advance(set)
      try attempt("read standard input") { () throws(Errno) in try streams.advance(set) }
      hear()
    }
    // Nobody hears the answers any more: what still runs is ended with our connection.
  }

  private func hear() {
    while true {
      do throws(ProtocolError) {
        guard let line = try streams.nextLine() else { return }
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
        try hear(line)
      } catch { streams.send(Message.failure(id: nil, error).json) }
    }
  }

  private func hear(_ line: ArraySlice<UInt8>) throws(ProtocolError) {
    let value: JSON
    do { value = try JSONReader.read(line) } catch {
      throw ProtocolError(.notJSON, "the line is no JSON: \(error)")
    }
    guard case .array(let values) = value else {
      return hear(value) { [streams] in if let answer = $0 { streams.send(answer) } }
    }
    guard revision?.hasBatches ?? false, !values.isEmpty else {
      throw ProtocolError(.notRequest, "this revision of the protocol has no batches")
    }
    let batch = Batch(count: values.count) { [streams] answers in
      if !answers.isEmpty { streams.send(.array(answers)) }
    }
    for value in values { hear(value) { batch.add($0) } }
  }

  /// Hears one message; `answer` is called once, with nil where nothing is to be answered.
  private func hear(_ value: JSON, _ answer: @escaping (JSON?) -> Void) {
    let message: Message
    do throws(ProtocolError) { message = try Message(value) } catch {
      let id = RequestID(value["id"])
      return answer(Message.failure(id: id, error).json)
    }
    switch message {
    case .request(let id, let method, let params):
      do throws(ProtocolError) {
        guard let result = try perform(id, method, params, answer) else { return }
        answer(Message.result(id: id, result).json)
      } catch { answer(Message.failure(id: id, error).json) }
    case .notification(let method, let params):
      answer(nil)
      if method == "notifications/cancelled" { cancel(params) }
    case .result, .failure:
      // We ask nothing, so nothing is answered to us.
      answer(nil)
    }
  }

  private func cancel(_ params: JSON) {
    guard let id = RequestID(params["requestId"]) else { return }
    calls[id]?.cancel()
  }
}

// What a client may ask.
extension ContextServer {
  /// Does what is asked; nil promises an answer for later.
  private func perform(
    _ id: RequestID, _ method: String, _ params: JSON, _ answer: @escaping (JSON?) -> Void
  ) throws(ProtocolError) -> JSON? {
    guard case .object = params else {
      throw ProtocolError(.wrongParams, "'params' must be an object")
    }
    if method == "initialize" { return try initialize(params) }
    let envelope = try Envelope.revision(of: params)
    if revision == nil, envelope == nil, method == "ping" { return [:] }
    let revision = try settle(envelope)
    switch method {
    case "ping" where envelope == nil: return [:]
    case "server/discover" where envelope != nil: return revision.shown(discovery, by: identity)
    case "tools/list": return revision.shown(try list(params, revision), by: identity)
    case "tools/call":
      try call(id, params, revision, answer)
      return nil
    default: throw ProtocolError(.unknownMethod, "there is no method '\(method)'")
    }
  }

  /// The revision of a request; the first one decides which kind is spoken on this connection.
  private func settle(_ envelope: Revision?) throws(ProtocolError) -> Revision {
    switch (revision, envelope) {
    case (nil, nil): throw ProtocolError(.notRequest, "'initialize' must be the first request")
    case (nil, let wanted?):
      revision = wanted
      return wanted
    case (let settled?, nil) where Revision.stateless.contains(settled): throw Envelope.missing
    case (let settled?, nil): return settled
    case (let settled?, let wanted?):
      guard Revision.stateless.contains(settled) else {
        throw ProtocolError(
          .notRequest, "revision '\(settled.rawValue)' was agreed on; this request is of another")
      }
      return wanted
    }
  }

  private func initialize(_ params: JSON) throws(ProtocolError) -> JSON {
    guard let wanted = params["protocolVersion"]?.string else {
      throw ProtocolError(.wrongParams, "'protocolVersion' must be a string")
    }
    if let revision, Revision.stateless.contains(revision) { throw Envelope.unsupported(wanted) }
    if revision != nil { throw ProtocolError(.notRequest, "'initialize' comes once") }
    let revision = Revision(atHandshake: wanted)
    self.revision = revision
    return [
      "protocolVersion": .string(revision.rawValue), "capabilities": ["tools": [:]],
      "serverInfo": identity, "instructions": .string(Self.instructions),
    ]
  }

  /// What a client of the stateless revisions finds out instead of a handshake.
  private var discovery: JSON {
    [
      "supportedVersions": .array(Revision.stateless.map { .string($0.rawValue) }),
      "capabilities": ["tools": [:]], "instructions": .string(Self.instructions),
      "ttlMs": 3_600_000, "cacheScope": "private",
    ]
  }

  private var identity: JSON {
    ["name": "cowbox", "title": "cowbox", "version": .string(version)]
  }

  private static let instructions = """
    Everything here happens in a session of cowbox: a copy-on-write view of the project with walls \
    around it. The project itself stays as it is until a person applies the session. Paths are as on \
    the host; those that are not absolute begin at the project's top directory. Every tool that \
    changes something makes a step: 'log' shows them, 'undo' takes them back, 'diff' shows what the \
    session has changed. When the network is refused, 'network' says what a person may allow.
    """

  private func list(_ params: JSON, _ revision: Revision) throws(ProtocolError) -> JSON {
    if let cursor = params["cursor"], cursor != .null {
      throw ProtocolError(.wrongParams, "there is no page with that cursor; one page has all tools")
    }
    let tools = JSON.Member("tools", .array(tools.map(\.json)))
    guard Revision.stateless.contains(revision) else { return .object([tools]) }
    return .object(
      [tools, JSON.Member("ttlMs", 3_600_000), JSON.Member("cacheScope", "private")])
  }

  private func call(
    _ id: RequestID, _ params: JSON, _ revision: Revision, _ answer: @escaping (JSON?) -> Void
  ) throws(ProtocolError) {
    guard let name = params["name"]?.string else {
      throw ProtocolError(.wrongParams, "'name' must be the name of a tool")
    }
    guard let tool = tools.first(where: { $0.name == name }) else {
      throw ProtocolError(.wrongParams, "there is no tool '\(name)'; 'tools/list' shows all")
    }
    let arguments = params["arguments"] ?? [:]
    guard case .object = arguments else {
      throw ProtocolError(.wrongParams, "'arguments' must be an object")
    }
    if calls[id] != nil { throw ProtocolError(.notRequest, "a request with that id is going on") }
    let call = ToolCall(
      id: id, tool: tool, arguments: arguments, keeper: keeper, pages: pages,
      progress: progress(params["_meta"]?["progressToken"])
    ) { [self] result in
      calls[id] = nil
      answer(result.map { Message.result(id: id, revision.shown($0, by: identity)).json })
    }
    if let mistake = Schema.mistake(in: arguments, against: tool.schema) {
      let error = ProtocolError(.wrongParams, "'\(name)': \(mistake)")
      if !revision.tellsMistakesToModels { throw error }
      return call.fail(error)
    }
    calls[id] = call
    tool.act(call)
  }

  /// Says how a call gets on, to a client that wants to know.
  private func progress(_ token: JSON?) -> ((Int64, String) -> Void)? {
    guard let token, RequestID(token) != nil else { return nil }
    return { [streams] total, message in
      streams.send(
        Message.notification(
          method: "notifications/progress",
          params: ["progressToken": token, "progress": .int(total), "message": .string(message)]
        ).json)
    }
  }
}

/// The answers to a batch of requests, told together when all are there.
private final class Batch {
  private var missing: Int
  private var answers: [JSON] = []
  private let whenComplete: ([JSON]) -> Void

  init(count: Int, whenComplete: @escaping ([JSON]) -> Void) {
    missing = count
    self.whenComplete = whenComplete
  }

  func add(_ answer: JSON?) {
    missing -= 1
    if let answer { answers.append(answer) }
    if missing == 0 { whenComplete(answers) }
  }
}
