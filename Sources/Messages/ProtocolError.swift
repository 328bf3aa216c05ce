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
    /// Something runs in the session that stands in the way.
    case busy = -32005
    /// A file or directory of the view could not be used; `errno` says why.
    case file = -32006
    /// What would land conflicts with what the project has become.
    case conflict = -32007
    /// What would land acts by itself, and wants consent.
    case risk = -32008
    /// Who asked took the request back.
    case cancelled = -32009
    /// The Model Context Protocol's own: another revision of it has to be spoken.
    case otherRevision = -32022
  }

  package let code: Code
  package let message: String
  package let hint: String?
  /// The exit status that tells the same to a shell.
  package let exit: Int32?
  /// The kernel's error number, where a file was in question.
  package let errno: Int32?
  /// What else a program needs to know.
  package let details: [JSON.Member]

  /// A refusal with its sentence.
  package init(
    _ code: Code, _ message: String, hint: String? = nil, exit: Int32? = nil, errno: Int32? = nil,
    details: [JSON.Member] = []
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.exit = exit
    self.errno = errno
    self.details = details
  }

  /// The refusal that a response tells.
  package init(json: JSON) {
    code = json["code"]?.int.flatMap(Code.init) ?? .inside
    message = json["message"]?.string ?? "no message"
    hint = json["data"]?["hint"]?.string
    exit = json["data"]?["exit"]?.int.map { Int32(clamping: $0) }
    errno = json["data"]?["errno"]?.int.map { Int32(clamping: $0) }
    details = []
  }

  /// The refusal as a response tells it.
  package var json: JSON {
    var members = [
      JSON.Member("code", .int(code.rawValue)), JSON.Member("message", .string(message)),
    ]
    var data: [JSON.Member] = []
    if let hint { data.append(JSON.Member("hint", .string(hint))) }
    if let exit { data.append(JSON.Member("exit", .int(Int64(exit)))) }
    if let errno { data.append(JSON.Member("errno", .int(Int64(errno)))) }
    data += details
    if !data.isEmpty { members.append(JSON.Member("data", .object(data))) }
    return .object(members)
  }
}
