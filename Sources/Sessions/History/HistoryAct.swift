import Linux
import Store

/// Something that is done to a session's history, whether or not commands run in it.
package enum HistoryAct: Sendable {
  /// Brings a step back, as a new step; with paths, only what they were then.
  case restore(StepID, as: Step.Kind, message: String, only: [RestoredPath] = [])
  /// Gives the present a name; an existing name moves only when `replacing`.
  case snapshot(String, replacing: Bool)
  /// Lets what follows belong to a new step.
  case boundary(message: String)

  /// Does it on a store at rest; answers the step that it made or named.
  func perform(on store: SessionStore) throws -> StepID {
    switch self {
    case .restore(let step, let kind, let message, let paths):
      return try store.restore(to: step, as: kind, message: message, only: paths).step.id
    case .snapshot(let name, let replacing):
      let step = store.tree.step
      try Self.name(step, name, replacing, store)
      // What follows must not change what the name stands for.
      store.endStep(store.beginStep(.mark, message: "after snapshot \(name)"), status: nil)
      return step
    case .boundary(let message):
      let step = store.beginStep(.mark, message: message)
      store.endStep(step, status: nil)
      return step.id
    }
  }

  static func name(_ step: StepID, _ name: String, _ replacing: Bool, _ store: SessionStore) throws
  {
    guard !name.isEmpty, Int(name) == nil, ByteString(name).printable == name else {
      throw SessionError(
        "'\(ByteString(name).printable)' can't be a snapshot's name",
        hint: "a name is no number and has no control characters", kind: .usage)
    }
    try store.flush(durable: true)
    guard try store.setMark(name, at: step, replacing: replacing) else {
      throw SessionError(
        "there is a snapshot '\(name)' already",
        hint: "choose another name, or --force to move it", kind: .usage)
    }
  }
}

// The same over the control socket, see Wire.
extension HistoryAct {
  var method: String {
    switch self {
    case .restore: "restore"
    case .snapshot: "snapshot"
    case .boundary: "step"
    }
  }

  var params: JSON {
    switch self {
    case .restore(let step, let kind, let message, let paths):
      [
        "step": .int(step.rawValue), "kind": .string(kind.rawValue), "message": .string(message),
        "paths": .array(paths.map { ["root": .int($0.root), "path": JSON($0.path)] }),
      ]
    case .snapshot(let name, let replacing):
      ["name": .string(name), "replacing": .bool(replacing)]
    case .boundary(let message): ["message": .string(message)]
    }
  }

  init?(method: String, params: JSON) {
    let message = params["message"]?.string ?? ""
    switch method {
    case "restore":
      guard let step = params["step"]?.int, let name = params["kind"]?.string,
        let kind = Step.Kind(rawValue: name)
      else { return nil }
      let paths = (params["paths"]?.array ?? []).map { value -> RestoredPath? in
        guard let root = value["root"]?.int, let path = value["path"]?.byteString else {
          return nil
        }
        return RestoredPath(root: root, path: path)
      }
      if paths.contains(nil) { return nil }
      self = .restore(StepID(step), as: kind, message: message, only: paths.compactMap { $0 })
    case "snapshot":
      guard let name = params["name"]?.string else { return nil }
      self = .snapshot(name, replacing: params["replacing"]?.bool ?? false)
    case "step": self = .boundary(message: message)
    default: return nil
    }
  }
}

extension StoredSession {
  /// A step that holds the present and that nothing is added to any more.
  ///
  /// Where nobody can write, the last step is one already; else a boundary ends it.
  func lastStep(isResting: Bool) throws -> StepID {
    if isResting, let last = try SessionReader.lastStep(ofResting: directory.borrowed) {
      return last
    }
    let next = try perform(.boundary(message: "branch"))
    // The step is read from the database, where its keeper may not have written it yet.
    _ = try read()
    return StepID(next.rawValue - 1)
  }

  /// Does something to the session's history: through its keeper, or at rest under its lock.
  package func perform(_ act: HistoryAct) throws -> StepID {
    if let client = try Client.connect(to: directory.borrowed) {
      defer { client.leave() }
      do {
        return StepID(try client.call(act.method, act.params).result["step"]?.int ?? 0)
      } catch let error as ProtocolError { throw SessionError(error) }
    }
    let store = try SessionStore.open(directory.borrowed.duplicate())
    let step = try act.perform(on: store)
    try store.checkpoint()
    return step
  }
}
