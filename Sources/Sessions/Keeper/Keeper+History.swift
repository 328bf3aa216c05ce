import Linux
import Store

extension Keeper {
  /// Does something to the session's history while commands run.
  func perform(_ act: HistoryAct) throws(ProtocolError) -> JSON {
    do {
      return ["step": .int(try change(act).rawValue)]
    } catch let error as SessionError {
      throw ProtocolError(.failed, error.description, hint: error.hint)
    } catch { throw ProtocolError(.failed, String(describing: error)) }
  }

  private func change(_ act: HistoryAct) throws -> StepID {
    switch act {
    case .restore(let step, let kind, let message):
      return try fileSystem.restore(to: step, as: kind, message: message).id
    case .snapshot(let name, let replacing):
      let step = store.tree.lock.with { store.tree.step }
      let next = fileSystem.beginStep(.mark, command: [], message: "after snapshot \(name)")
      store.endStep(next, status: nil)
      try HistoryAct.name(step, name, replacing, store)
      return step
    case .boundary(let message):
      let step = fileSystem.beginStep(.mark, command: [], message: message)
      store.endStep(step, status: nil)
      return step.id
    }
  }
}
