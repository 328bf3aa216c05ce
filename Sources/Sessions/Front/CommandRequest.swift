import Linux
import Sandbox
import Store

/// A command that a session is asked to run.
package struct CommandRequest: Sendable {
  /// The command's words, its name first.
  package var words: [ByteString]
  /// "NAME=value" each; all the command gets.
  package var environment: [ByteString]
  /// Where it starts, as the view names it.
  package var directory: ByteString
  /// Which permissions the files it makes don't get.
  package var creationMask: UInt32
  /// What its step is called.
  package var kind: Step.Kind
  /// Whether it goes on when who asked for it is gone.
  package var isDetached: Bool
  /// The time that everything it changes gets, whenever it does.
  package var clock: Timestamp?
  /// After how long a pause in writing a step is closed by itself.
  package var ambientSeconds: Double?
  /// What the log says about its step.
  package var message = ""
  /// After how many milliseconds it is ended, with exit code 124.
  package var timeout: Int64?
  /// The limit in seconds that holds in the place of the session's own.
  package var wallSeconds: UInt64?
  /// Which of its three streams are closed.
  package var closedStreams: [Int32] = []

  /// A command by all that is known of it.
  package init(
    words: [ByteString], environment: [ByteString], directory: ByteString,
    creationMask: UInt32 = 0o022, kind: Step.Kind = .run, isDetached: Bool = false,
    wallSeconds: UInt64? = nil
  ) {
    self.words = words
    self.environment = environment
    self.directory = directory
    self.creationMask = creationMask
    self.kind = kind
    self.isDetached = isDetached
    self.wallSeconds = wallSeconds
  }
}

/// How a command ended.
package enum CommandEnd: Equatable, Sendable {
  case exited(Int32)
  case killed(signal: Int32)

  /// The status that a shell would show.
  package var exitStatus: Int32 {
    switch self {
    case .exited(let status): status
    case .killed(let signal): 128 + signal
    }
  }
}

/// What the keeper told about a command that ended.
package struct CommandReport: Equatable, Sendable {
  package let end: CommandEnd
  /// Whether the command, or another one during its time, changed something.
  package let hasChanges: Bool
  package let step: Int64
  /// What the walls refused while it ran.
  package var refusals: [Refusal] = []
  /// Whether it was ended because its time was over.
  package var hasTimedOut = false
}
