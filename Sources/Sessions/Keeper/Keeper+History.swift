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
}
