import Sessions
import Store

/// Whether a command may join a running session: its walls stand already and can't be changed.
enum JoinedWalls {
  /// Throws where the standing walls are not those that were asked for.
  ///
  /// `exec` without a switch takes them as they are: it says "in that session", and nothing of walls.
  static func check(
    _ session: RunningSession, _ wanted: Walls, _ kind: Step.Kind, _ invocation: Invocation
  ) throws {
    guard session.isJoined else { return }
    let asks = WallOptions.all.contains { option in
      !perCommand.contains(option.name) && invocation.arguments.has(option.name)
    }
    if kind == .exec && !asks { return }
    let differences = try session.client.walls()?.differences(from: wanted)
    guard let differences, !differences.isEmpty else { return }
    session.client.leave()
    let topics = differences.joined(separator: ", ")
    throw Failure(
      "session \(session.name) is running behind other walls than asked for: \(topics)",
      hint: "'cowbox exec' without such options joins it as it is, 'cowbox status --walls' shows "
        + "how that is; --new begins another session",
      code: ExitCode.usage)
  }

  /// What each command has for itself.
  private static let perCommand: Set<String> = ["env", "timeout"]
}
