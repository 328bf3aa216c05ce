import Linux
import Overlay
import Store

/// The files that a mount shows, and what may be done to their history.
protocol MountedFiles: AnyObject {
  /// Readable once the mount is gone.
  var ended: Descriptor { get }
  /// Grows whenever something is changed, or was to be.
  var changeCount: Int { get }
  /// Whether nothing of them is worth keeping a session that was made for them.
  var isUnchanged: Bool { get }
  /// What `status` tells of them.
  var details: [JSON.Member] { get }
  /// Lets the kernel write what it holds of what programs have written.
  func bringDown()
  /// Lets what follows belong to a new step, unless `onlyIfChanged` and nothing was.
  func beginStep(_ message: String, onlyIfChanged: Bool) throws -> Step
  func perform(_ act: HistoryAct) throws -> StepID
  /// Answers what only these files are asked; nil: they are not asked that.
  func answer(_ request: Request) throws(ProtocolError) -> JSON?
  /// Ends the mount; what was written is the session's by then.
  func end() throws
}

/// A session's copy-on-write view as a mount.
final class MountedOverlay: MountedFiles {
  private let store: SessionStore
  private let fileSystem: FileSystem
  private let words: [ByteString]
  private var step: Step
  /// Whether something was named or brought back: then what was undone is worth keeping, too.
  private var hasHistory = false

  /// A view that is mounted; `words` are what its steps are of.
  init(_ store: SessionStore, _ fileSystem: FileSystem, words: [ByteString]) {
    self.store = store
    self.fileSystem = fileSystem
    self.words = words
    step = fileSystem.beginStep(.mount, command: words)
  }

  var ended: Descriptor { fileSystem.ended }
  var changeCount: Int { store.changeCount }
  var isUnchanged: Bool { store.isUnchanged && !hasHistory }
  var details: [JSON.Member] { [] }

  func beginStep(_ message: String, onlyIfChanged: Bool) -> Step {
    if onlyIfChanged, !store.hasChanged(since: step.id) { return step }
    store.endStep(step, status: nil)
    step = fileSystem.beginStep(.mount, command: words, message: message, bringingDown: true)
    return step
  }

  func bringDown() { fileSystem.bringDown() }

  func perform(_ act: HistoryAct) throws -> StepID {
    if case .boundary(let message) = act {
      return beginStep(message, onlyIfChanged: false).id
    }
    hasHistory = true
    store.endStep(step, status: nil)
    let done = try act.perform(on: store, servedBy: fileSystem)
    // What is written from now on is not of the step that named the present, or brought it back.
    step = fileSystem.beginStep(.mount, command: words)
    return done
  }

  func answer(_ request: Request) throws(ProtocolError) -> JSON? { nil }

  func end() {
    fileSystem.unmount()
    store.endStep(step, status: nil)
  }
}
