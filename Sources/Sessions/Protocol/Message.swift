import Linux

/// One line of the control protocol: JSON-RPC 2.0.
///
/// A request has an id and a method, a notification only a method, a response an id with a result
/// or an error. The member `descriptors` of params or result says how many of the descriptors
/// that came over the socket belong to the message; they are taken in the order they were sent.
package enum Message: Equatable, Sendable {
  case request(id: Int64, method: String, params: JSON)
  case notification(method: String, params: JSON)
  case result(id: Int64, JSON)
  case failure(id: Int64?, ProtocolError)

  /// The message that a line says.
  package init(line: some Sequence<UInt8>) throws(ProtocolError) {
    let value: JSON
    do { value = try JSONReader.read(line) } catch {
      throw ProtocolError(.notJSON, "the line is no JSON: \(error)")
    }
    guard value["jsonrpc"] == "2.0" else {
      throw ProtocolError(.notRequest, "'jsonrpc' must be \"2.0\"")
    }
    let id = value["id"]?.int
    let params = value["params"] ?? .object([])
    if let method = value["method"]?.string {
      if let id {
        self = .request(id: id, method: method, params: params)
      } else if value["id"] == nil {
        self = .notification(method: method, params: params)
      } else {
        throw ProtocolError(.notRequest, "'id' must be a whole number")
      }
    } else if let id, let result = value["result"] {
      self = .result(id: id, result)
    } else if let error = value["error"] {
      self = .failure(id: id, ProtocolError(json: error))
    } else {
      throw ProtocolError(.notRequest, "neither a method nor a result nor an error")
    }
  }

  /// The message as a line without its end.
  package var json: JSON {
    switch self {
    case .request(let id, let method, let params):
      ["jsonrpc": "2.0", "id": .int(id), "method": .string(method), "params": params]
    case .notification(let method, let params):
      ["jsonrpc": "2.0", "method": .string(method), "params": params]
    case .result(let id, let result): ["jsonrpc": "2.0", "id": .int(id), "result": result]
    case .failure(let id, let error):
      ["jsonrpc": "2.0", "id": JSON.optional(id) { .int($0) }, "error": error.json]
    }
  }

  /// How many of the descriptors that came belong to this message.
  var descriptorCount: Int {
    switch self {
    case .request(_, _, let body), .notification(_, let body), .result(_, let body):
      Int(clamping: body["descriptors"]?.int ?? 0)
    case .failure: 0
    }
  }
}

/// Why a request was refused, in the numbers of JSON-RPC 2.0 and our own from -32000 down.
package struct ProtocolError: Error, Equatable, Sendable {
  /// What kind of refusal it is.
  package enum Code: Int64, Sendable {
    case notJSON = -32700
    case notRequest = -32600
    case unknownMethod = -32601
    case wrongParams = -32602
    case inside = -32603
    /// The keeper could not do it.
    case failed = -32000
    /// The command could not be started; `exit` says with which status a shell would end.
    case notStarted = -32001
    /// The session is about to end, or another keeper has it.
    case ending = -32002
    /// A wall that was asked for is missing.
    case noWall = -32003
    /// The session is gone.
    case gone = -32004
  }

  package let code: Code
  package let message: String
  package let hint: String?
  /// The exit status that tells the same to a shell.
  package let exit: Int32?

  /// A refusal with its sentence.
  package init(_ code: Code, _ message: String, hint: String? = nil, exit: Int32? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
    self.exit = exit
  }

  init(json: JSON) {
    code = json["code"]?.int.flatMap(Code.init) ?? .inside
    message = json["message"]?.string ?? "no message"
    hint = json["data"]?["hint"]?.string
    exit = json["data"]?["exit"]?.int.map { Int32(clamping: $0) }
  }

  var json: JSON {
    var members = [
      JSON.Member("code", .int(code.rawValue)), JSON.Member("message", .string(message)),
    ]
    var data: [JSON.Member] = []
    if let hint { data.append(JSON.Member("hint", .string(hint))) }
    if let exit { data.append(JSON.Member("exit", .int(Int64(exit)))) }
    if !data.isEmpty { members.append(JSON.Member("data", .object(data))) }
    return .object(members)
  }
}
