import Linux
import Overlay
import Store
import Through

/// A live directory as a mount: what is written there is real at once, and can be taken back.
final class MountedLive: MountedFiles {
  private let store: SessionStore
  private let tree: LiveTree
  private let fileSystem: LiveFileSystem
  private let words: [ByteString]
  private var step: Step

  /// A live directory that is mounted; `words` are what its steps are of.
  init(_ store: SessionStore, _ tree: LiveTree, _ fileSystem: LiveFileSystem, words: [ByteString])
    throws
  {
    self.store = store
    self.tree = tree
    self.fileSystem = fileSystem
    self.words = words
    step = store.beginStep(.mount, command: words)
    try begin()
  }

  /// The step must be known before the log has anything of it: who is killed then can go back.
  private func begin() throws {
    try store.flush(durable: true)
    try tree.beginStep(step.id.rawValue)
  }

  var ended: Descriptor { fileSystem.ended }
  var changeCount: Int { tree.changeCount }
  var isUnchanged: Bool { tree.isUnchanged }
  var details: [JSON.Member] { [JSON.Member("through", .bool(true))] }

  func beginStep(_ message: String, onlyIfChanged: Bool) throws -> Step {
    if onlyIfChanged, !tree.hasChanges { return step }
    store.endStep(step, status: nil)
    step = store.beginStep(.mount, command: words, message: message)
    try begin()
    return step
  }

  /// Nothing is held: what is written goes to the files at once.
  func bringDown() {}

  func perform(_ act: HistoryAct) throws -> StepID {
    switch act {
    case .boundary(let message): return try beginStep(message, onlyIfChanged: false).id
    case .snapshot(let name, let replacing):
      let named = step.id
      _ = try beginStep("after snapshot \(name)", onlyIfChanged: false)
      try HistoryAct.name(named, name, replacing, store)
      return named
    default:
      throw SessionError(
        "a live directory goes back step by step",
        hint: "'cowbox undo' takes back the last change, 'cowbox undo N' the last N")
    }
  }

  func answer(_ request: Request) throws(ProtocolError) -> JSON? {
    guard request.method == "back" else { return nil }
    let way = LiveWay(params: request.params)
    do {
      store.endStep(step, status: nil)
      try tree.endStep()
      let outcome = Result { try way.go(store, tree) }
      step = store.beginStep(.mount, command: words)
      try begin()
      return try outcome.get().json
    } catch let error as SessionError {
      let code: ProtocolError.Code = error.kind == .conflict ? .conflict : .failed
      throw ProtocolError(code, error.description, hint: error.hint)
    } catch { throw ProtocolError(.failed, String(describing: error)) }
  }

  func end() throws {
    fileSystem.unmount()
    try tree.endStep()
    store.endStep(step, status: nil)
  }
}
