import Linux
import Overlay
import Store

extension HistoryAct {
  /// Does it while a file system serves the session; answers the step that it made or named.
  func perform(on store: SessionStore, servedBy fileSystem: FileSystem) throws -> StepID {
    switch self {
    case .restore(let step, let kind, let message, let paths):
      return try fileSystem.restore(to: step, as: kind, message: message, only: paths).id
    case .snapshot(let name, let replacing):
      let step = store.tree.lock.with { store.tree.step }
      let next = fileSystem.beginStep(
        .mark, command: [], message: "after snapshot \(name)", bringingDown: true)
      store.endStep(next, status: nil)
      try Self.name(step, name, replacing, store)
      return step
    case .boundary(let message):
      let step = fileSystem.beginStep(.mark, command: [], message: message, bringingDown: true)
      store.endStep(step, status: nil)
      return step.id
    }
  }
}

extension Keeper {
  func perform(_ act: HistoryAct) throws -> StepID {
    try act.perform(on: store, servedBy: fileSystem)
  }

  func bringDown() { fileSystem.bringDown() }

  /// Answers a request about the session's past, or one that makes history.
  func history(_ request: Request) throws(ProtocolError) -> JSON {
    let params = request.params
    do {
      switch request.method {
      case "log": return try log(limit: params["limit"]?.int)
      case "snapshots": return ["snapshots": .array(try present().marks().map(\.json))]
      default: return ["step": .int(try perform(travel(request.method, params)).rawValue)]
      }
    } catch let error as ProtocolError {
      throw error
    } catch let error as SessionError {
      throw ProtocolError(asked: error)
    } catch { throw ProtocolError(.failed, String(describing: error)) }
  }

  /// A reading that holds everything until now.
  private func present() throws -> SessionReader {
    try store.flush(durable: false)
    return try SessionReader(directory: directory.borrowed)
  }

  private func log(limit: Int64?) throws -> JSON {
    let steps = try present().steps()
    let shown = steps.suffix(Int(clamping: max(0, limit ?? .max)))
    return ["steps": .array(shown.map(\.json)), "total": .int(Int64(steps.count))]
  }

  /// Where undo or redo leads: so many changes, or to a step or snapshot.
  private func travel(_ method: String, _ params: JSON) throws -> HistoryAct {
    let count = params["count"]?.int ?? 1
    guard (1...1_000_000).contains(count) else {
      throw ProtocolError(.wrongParams, "'count' must be a number above 0")
    }
    let reader = try present()
    let target: StepID?
    if let word = params["to"]?.string ?? params["to"]?.int.map(String.init) {
      target = try reader.step(named: word)
    } else {
      let timeline = try Timeline(reader)
      let isUndo = method == "undo"
      target = try isUndo ? timeline.back(Int(count)) : timeline.forward(Int(count))
    }
    guard let target else { throw ProtocolError(.failed, "there is nothing to \(method)") }
    let message = try Wire.text("message", params) ?? "to step \(target.rawValue)"
    return .restore(target, as: method == "undo" ? .undo : .redo, message: message)
  }
}

extension Step {
  /// The step as the protocol tells it.
  fileprivate var json: JSON {
    [
      "step": .int(id.rawValue), "kind": .string(kind.rawValue), "began": .int(began.nanoseconds),
      "ended": JSON.optional(ended) { .int($0.nanoseconds) },
      "command": .array(command.map { JSON($0) }),
      "status": JSON.optional(status) { .int(Int64($0)) }, "message": .string(message),
      "restores": JSON.optional(restores) { .int($0.rawValue) },
    ]
  }
}

extension Mark {
  fileprivate var json: JSON {
    ["name": .string(name), "step": .int(step.rawValue), "made": .int(made.nanoseconds)]
  }
}
