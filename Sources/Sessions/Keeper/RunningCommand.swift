import Linux
import Sandbox
import Store

/// A command that the keeper has started and that has not ended.
struct RunningCommand {
  let words: [ByteString]
  let step: Step
  let began: Timestamp
  /// Who hears of its end; nil once that client is gone.
  var owner: Int?
  let isDetached: Bool
  /// Whether it set the clock of what is changed while it runs.
  var hasClock = false
  /// When it is killed, because it was hung up and has not ended by then.
  var killedAt: Timestamp?
  /// Whether its time was over before it ended.
  var hasTimedOut = false
  /// Its pipes, where its client takes them as messages.
  var streams: CommandStreams?
  /// What the walls had refused before it began.
  let refusalsBefore: [Refusal]
}
