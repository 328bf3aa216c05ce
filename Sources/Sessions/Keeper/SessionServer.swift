import CLinux
import Linux
import Store

/// A process that serves a session and answers its clients: the keeper of a box, or of a mount.
protocol SessionServer: AnyObject {
  var name: SessionName { get }
  var project: ByteString { get }
  var store: SessionStore { get }
  /// Set once everything is to end, whoever is still there.
  var isStopping: Bool { get set }
  /// The commands that run, as `status` tells them.
  var runningCommands: [JSON] { get }
  /// What `status` tells besides.
  var details: [JSON.Member] { get }
  /// What `hello` tells besides.
  var greeting: [JSON.Member] { get }
  /// Lets the store have what the kernel holds of the files that are served.
  func bringDown()
  /// Does something to the session's history while it is in use.
  func perform(_ act: HistoryAct) throws -> StepID
  /// Answers what only this kind of server is asked; nil: it is not asked that.
  func answer(_ request: Request, for connection: Connection) throws(ProtocolError) -> Answer?
  /// Takes what only this kind of server is asked and is answered later; false: it is not asked that.
  func take(_ request: Request, for asker: Asker) throws(ProtocolError) -> Bool
}

/// What a client asks; the descriptors that came with it are closed after the answer.
struct Request {
  let method: String
  let params: JSON
  let descriptors: [Int32]
}

/// An answer; its descriptors are the connection's from here on.
typealias Answer = (result: JSON, descriptors: [Int32])

extension SessionServer {
  var runningCommands: [JSON] { [] }
  var details: [JSON.Member] { [] }
  var greeting: [JSON.Member] { [] }

  func answer(_ request: Request, for connection: Connection) throws(ProtocolError) -> Answer? {
    nil
  }

  func take(_ request: Request, for asker: Asker) throws(ProtocolError) -> Bool { false }

  /// Answers every whole line that a client has sent.
  func answerAll(of connection: Connection) {
    while true {
      do throws(ProtocolError) {
        guard let line = try connection.channel.nextLine() else { return }
        answer(line, connection)
      } catch {
        connection.send(.failure(id: nil, error))
      }
    }
  }

  private func answer(_ line: ArraySlice<UInt8>, _ connection: Connection) {
    var id: RequestID?
    do throws(ProtocolError) {
      let message = try Message(line: line)
      guard let descriptors = connection.channel.takeDescriptors(message.descriptorCount) else {
        throw ProtocolError(.wrongParams, "fewer descriptors came than 'descriptors' says")
      }
      defer { for raw in descriptors { _ = OwnedDescriptor(owning: raw) } }
      guard case .request(let number, let method, let params) = message else { return }
      id = number
      let request = Request(
        method: method, params: params.withoutNulls, descriptors: descriptors)
      let asker = Asker(connection: connection, id: number)
      guard let answer = try perform(request, asker) else { return }
      connection.send(.result(id: number, answer.result), descriptors: answer.descriptors)
    } catch {
      connection.send(.failure(id: id, error))
    }
  }

  /// Does what is asked; nil promises an answer for later.
  private func perform(_ request: Request, _ asker: Asker) throws(ProtocolError) -> Answer? {
    let connection = asker.connection
    if isStopping { throw ProtocolError(.ending, "the session is ending") }
    if request.method == "hello" { return (try greet(request.params, connection), []) }
    guard connection.isGreeted else {
      throw ProtocolError(.notRequest, "'hello' must be the first request")
    }
    switch request.method {
    case "status": return (status, [])
    case "flush": return (try flush(), [])
    case "step", "snapshot", "restore":
      guard let act = HistoryAct(method: request.method, params: request.params) else {
        throw ProtocolError(.wrongParams, "'\(request.method)' lacks something")
      }
      return (try change(act), [])
    case "stop":
      isStopping = true
      return ([:], [])
    default:
      if let answer = try answer(request, for: connection) { return answer }
      if try take(request, for: asker) { return nil }
      throw ProtocolError(.unknownMethod, "there is no method '\(request.method)'")
    }
  }

  private func greet(_ params: JSON, _ connection: Connection) throws(ProtocolError) -> JSON {
    guard let version = params["version"]?.int else {
      throw ProtocolError(.wrongParams, "hello needs a version")
    }
    guard version == Wire.version else {
      throw ProtocolError(
        .wrongParams, "this keeper speaks version \(Wire.version), not \(version)")
    }
    connection.isGreeted = true
    return .object(
      [
        JSON.Member("version", .int(Wire.version)), JSON.Member("session", .string(name.text)),
        JSON.Member("project", JSON(project)), JSON.Member("keeper", .int(Int64(Process.id))),
      ] + greeting)
  }

  private var status: JSON {
    .object(
      [
        JSON.Member("session", .string(name.text)), JSON.Member("project", JSON(project)),
        JSON.Member("keeper", .int(Int64(Process.id))),
        JSON.Member("commands", .array(runningCommands)),
      ] + details)
  }

  private func flush() throws(ProtocolError) -> JSON {
    bringDown()
    do { try store.flush(durable: false) } catch {
      throw ProtocolError(.failed, String(describing: error))
    }
    return [:]
  }

  private func change(_ act: HistoryAct) throws(ProtocolError) -> JSON {
    do {
      return ["step": .int(try perform(act).rawValue)]
    } catch let error as SessionError {
      throw ProtocolError(asked: error)
    } catch { throw ProtocolError(.failed, String(describing: error)) }
  }
}

extension ProtocolError {
  /// Why something could not be done that was asked of a session.
  init(asked error: SessionError) {
    self.init(error.kind == .usage ? .wrongParams : .failed, error.description, hint: error.hint)
  }
}
