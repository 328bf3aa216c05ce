import Linux
import Sandbox
import Store

extension ProtocolError {
  /// Why a session could not be opened.
  init(notOpened error: any Error) {
    switch error {
    case let error as LaunchError:
      self.init(
        error.isMissingWall ? .noWall : .failed, String(describing: error), hint: error.remedy)
    case let error as SessionError:
      self.init(error.kind == .gone ? .gone : .failed, error.description, hint: error.hint)
    case StoreError.damaged(let words):
      self.init(
        .failed, "the session's database is damaged: \(words)",
        hint: "what is whole of it is kept; begin another session with --new")
    default: self.init(.failed, String(describing: error))
    }
  }

  /// Why a command could not be started, with the exit status that says so.
  init(notStarted error: any Error) {
    guard let error = error as? SpawnError else {
      self.init(.notStarted, "cannot start the command: \(error)", exit: 125)
      return
    }
    let hint: String? =
      switch (error.step, error.errno) {
      case (.execute, .noEntry): "look at PATH; the command must exist inside the session"
      case (.execute, .accessDenied): "make it executable with 'chmod +x'"
      case (.streams, _): "give it through a pipe: cat FILE | cowbox run ..."
      default: nil
      }
    self.init(.notStarted, error.description, hint: hint, exit: error.exitCode)
  }
}

extension SessionError {
  /// What a refusal of the keeper means to who asked.
  package init(_ error: ProtocolError) {
    let kind: Kind =
      switch (error.code, error.exit) {
      case (.noWall, _): .noWall
      case (.gone, _): .gone
      case (.conflict, _): .conflict
      case (.notStarted, 126): .notExecutable
      case (.notStarted, 127): .notFound
      default: .failed
      }
    self.init(error.message, hint: error.hint, kind: kind)
  }
}
