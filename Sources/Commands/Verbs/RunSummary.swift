import Linux
import Sessions

/// What `run` says at its end, where something has changed.
enum RunSummary {
  /// Says how much the session holds now, and what to type next.
  static func tell(of session: RunningSession, _ invocation: Invocation) throws {
    invocation.say(
      "session \(session.name) has changes: 'cowbox diff' shows them, "
        + "'cowbox apply' takes them, 'cowbox discard' throws them away")
  }
}
