import Linux
import Profiles

/// The table of commands: usage, help, manual and completions come from here.
enum Verbs {
  static let all: [Verb] = [
    RunCommand.run, RunCommand.shell, RunCommand.exec, MountCommand.verb, UmountCommand.verb,
    ContextCommand.verb, ConnectCommand.verb, StatusCommand.verb,
    DiffCommand.verb, ShowCommand.verb, ApplyCommand.verb, RevertCommand.verb,
    RefreshCommand.verb, DiscardCommand.verb,
    UndoCommand.undo, UndoCommand.redo, UndoCommand.restore, SnapshotCommand.snapshot,
    SnapshotCommand.snapshots, SnapshotCommand.step, BranchCommand.verb, LogCommand.verb,
    BlameCommand.verb, CompareCommand.verb, CommitCommand.verb, PromoteCommand.verb,
    ListCommand.verb, RenameCommand.verb,
    RemoveCommand.verb, CollectCommand.verb, CheckCommand.verb, ExportCommand.verb,
    ImportCommand.verb, DoctorCommand.verb, ProfileCommand.profile, ProfileCommand.trust,
    HelpCommand.verb, CompletionCommand.verb, ConfigCommand.verb,
    VersionCommand.verb,
  ]

  /// What `cowbox` without a word does: where there is a session it says where that stands.
  static func whenAlone(_ arguments: Arguments) throws -> String {
    let status = StatusCommand.verb
    do {
      _ = try Invocation(verb: status, arguments: arguments).session()
      return status.name
    } catch {
      // A session that was named must be there; without one there is only help to give.
      if arguments.has("session") { throw error }
      return "help"
    }
  }

  /// The command of that name; another one is an error that names the nearest.
  static func named(_ name: ByteString) throws -> Verb {
    if let verb = all.first(where: { $0.name.utf8.elementsEqual(name.bytes) }) { return verb }
    throw Failure.usage(
      "unknown command '\(name.printable)'",
      hint: Nearest.hint(name.printable, among: all.map(\.name))
        ?? "'cowbox help' shows all commands; 'cowbox run -- \(name.printable)' runs a program")
  }

  /// The command of a name that the code itself says.
  static func named(_ name: String) throws -> Verb { try named(ByteString(name)) }
}
