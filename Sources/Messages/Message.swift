import Linux

/// What names a request until it is answered.
package enum RequestID: Hashable, Sendable {
  case number(Int64)
  case text(String)

  /// The id as JSON-RPC writes it.
  package var json: JSON {
    switch self {
    case .number(let number): .int(number)
    case .text(let text): .string(text)
    }
  }

  /// The id in a message, or nil where it is none.
  package init?(_ json: JSON?) {
    switch json {
    case .int(let number): self = .number(number)
    case .string(let text): self = .text(text)
    default: return nil
    }
  }
}

/// One message of JSON-RPC 2.0: a line of the control protocol.
///
/// A request has an id and a method, a notification only a method, a response an id with a result
/// or an error. The member `descriptors` of params or result says how many of the descriptors
/// that came over the socket belong to the message; they are taken in the order they were sent.
package enum Message: Equatable, Sendable {
  case request(id: RequestID, method: String, params: JSON)
  case notification(method: String, params: JSON)
  case result(id: RequestID, JSON)
  case failure(id: RequestID?, ProtocolError)

  /// The message that a line says.
  package init(line: some Sequence<UInt8>) throws(ProtocolError) {
    let value: JSON
    do { value = try JSONReader.read(line) } catch {
      throw ProtocolError(.notJSON, "the line is no JSON: \(error)")
    }
    try self.init(value)
  }

  /// The message that a value says.
  package init(_ value: JSON) throws(ProtocolError) {
    guard case .object = value else {
      throw ProtocolError(.notRequest, "a message must be an object")
    }
    guard value["jsonrpc"] == "2.0" else {
      throw ProtocolError(.notRequest, "'jsonrpc' must be \"2.0\"")
    }
    let id = RequestID(value["id"])
    let params = value["params"] ?? .object([])
    if let method = value["method"]?.string {
      if let id {
        self = .request(id: id, method: method, params: params)
      } else if value["id"] == nil {
        self = .notification(method: method, params: params)
      } else {
        throw ProtocolError(.notRequest, "'id' must be a whole number or a string")
      }
    } else if let id, let result = value["result"] {
      self = .result(id: id, result)
    } else if let error = value["error"] {
      self = .failure(id: id, ProtocolError(json: error))
    } else {
      throw ProtocolError(.notRequest, "neither a method nor a result nor an error")
    }
  }

  /// The message as a value.
  package var json: JSON {
    switch self {
    case .request(let id, let method, let params):
      ["jsonrpc": "2.0", "id": id.json, "method": .string(method), "params": params]
    case .notification(let method, let params):
      ["jsonrpc": "2.0", "method": .string(method), "params": params]
    case .result(let id, let result): ["jsonrpc": "2.0", "id": id.json, "result": result]
    case .failure(let id, let error):
      ["jsonrpc": "2.0", "id": JSON.optional(id, \.json), "error": error.json]
    }
  }

  /// The message as a line with its end.
  package var line: [UInt8] {
    var line: [UInt8] = []
    json.write(to: &line)
    line.append(UInt8(ascii: "\n"))
    return line
  }

  /// How many of the descriptors that came belong to this message.
  package var descriptorCount: Int {
    switch self {
    case .request(_, _, let body), .notification(_, let body), .result(_, let body):
      Int(clamping: body["descriptors"]?.int ?? 0)
    case .failure: 0
    }
  }
}
