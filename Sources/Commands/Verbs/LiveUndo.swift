import Linux
import Sessions

/// undo and redo where they change the directory itself: the log of `cowbox mount --through`.
enum LiveUndo {
  static let force = Option(
    "force", "of a live directory, also what somebody else has changed since")

  /// In a session there is nobody else to be overruled.
  static func refuseForce(_ invocation: Invocation) throws {
    guard invocation.arguments.has("force") else { return }
    throw Failure.usage(
      "--force is for a directory under 'cowbox mount --through'", hint: "leave it out here")
  }

  static func go(
    _ session: borrowing StoredSession, _ count: Int, forward: Bool = false,
    _ invocation: Invocation
  ) throws -> Int32 {
    if invocation.arguments.has("to") {
      throw Failure.usage(
        "a live directory goes back step by step", hint: "'cowbox undo N' takes back the last N")
    }
    let trip = try session.go(
      LiveWay(count: count, isForward: forward, isForced: invocation.arguments.has("force")))
    let steps = trip.steps.map { String($0.rawValue) }.joined(separator: ", ")
    invocation.say(
      "took back \(trip.steps.count == 1 ? "step" : "steps") \(steps) in "
        + "'\(session.project.printable)': \(Amounts.count(trip.paths.count, "path"))")
    for path in trip.paths.sorted().prefix(invocation.isVerbose ? .max : 10) {
      invocation.say("  \(path.printable)")
    }
    if trip.paths.count > 10, !invocation.isVerbose { invocation.say("  ... --verbose shows all") }
    return ExitCode.done
  }
}
