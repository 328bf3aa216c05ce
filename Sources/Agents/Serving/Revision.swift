import Sessions

/// A revision of the Model Context Protocol that we speak, by its date.
enum Revision: String, CaseIterable {
  case november2024 = "2024-11-05"
  case march2025 = "2025-03-26"
  case june2025 = "2025-06-18"
  case november2025 = "2025-11-25"
  /// Without a handshake: every request says which revision it is of.
  case july2026 = "2026-07-28"

  /// What is offered at a handshake to a client that wants one we don't know.
  static let newestWithHandshake = Revision.november2025
  /// Those whose requests say by themselves what they are.
  static let stateless: [Revision] = [.july2026]

  /// The revision that a client wants at its handshake, as far as we have it.
  init(atHandshake wanted: String) {
    let found = Revision(rawValue: wanted).flatMap { Self.stateless.contains($0) ? nil : $0 }
    self = found ?? .newestWithHandshake
  }

  /// Whether several messages may come in one array.
  var hasBatches: Bool { self == .march2025 || self == .november2024 }

  /// Whether wrong arguments are a tool's result, which a model sees, and no protocol error.
  var tellsMistakesToModels: Bool { self == .november2025 || self == .july2026 }

  /// A result as the revision has it.
  func shown(_ result: JSON, by server: JSON) -> JSON {
    guard case .object(let members) = result else { return result }
    switch self {
    case .november2024, .march2025:
      return .object(members.filter { $0.name != "structuredContent" })
    case .june2025, .november2025: return result
    case .july2026:
      return .object(
        members + [
          JSON.Member("resultType", "complete"),
          JSON.Member("_meta", .object([JSON.Member(Envelope.serverKey, server)])),
        ])
    }
  }
}

/// What a request of the stateless revisions says of itself.
enum Envelope {
  private static let versionKey = "io.modelcontextprotocol/protocolVersion"
  private static let capabilitiesKey = "io.modelcontextprotocol/clientCapabilities"
  static let serverKey = "io.modelcontextprotocol/serverInfo"

  /// The revision that a request says it is of; nil: it says nothing, as before there was this.
  static func revision(of params: JSON) throws(ProtocolError) -> Revision? {
    guard let version = params["_meta"]?[versionKey] else { return nil }
    guard let wanted = version.string else {
      throw ProtocolError(.wrongParams, "'\(versionKey)' must be a string")
    }
    guard case .object? = params["_meta"]?[capabilitiesKey] else {
      throw ProtocolError(.wrongParams, "'_meta' must have '\(capabilitiesKey)', an object")
    }
    guard let revision = Revision(rawValue: wanted), Revision.stateless.contains(revision) else {
      throw unsupported(wanted)
    }
    return revision
  }

  /// What a request must have where an earlier one had it.
  static var missing: ProtocolError {
    ProtocolError(
      .wrongParams, "'params._meta' must have '\(versionKey)' and '\(capabilitiesKey)'")
  }

  /// Another revision has to be spoken, one of those that are named.
  static func unsupported(_ wanted: String) -> ProtocolError {
    ProtocolError(
      .otherRevision, "revision '\(wanted)' of the protocol is not spoken here",
      details: [
        JSON.Member("supported", .array(Revision.stateless.map { .string($0.rawValue) })),
        JSON.Member("requested", .string(wanted)),
      ])
  }
}
