import Sessions

/// What the walls refused to a command, told where it failed.
enum RefusalReport {
  /// More than these are in the log only.
  private static let most = 8

  /// Says what was refused, each with what would allow it; nothing after a command that succeeded,
  /// unless the rules were only tried out.
  static func tell(_ report: CommandReport, _ invocation: Invocation) {
    let failed = report.end.exitStatus != 0
    let told = report.refusals.filter { failed || $0.isOnlyNoted }
    for refusal in told.prefix(most) { invocation.say(line(refusal)) }
    if told.count > most {
      invocation.say("and \(told.count - most) more refusals, which 'cowbox log' shows")
    }
  }

  /// "refused: reading '/home/me/.netrc', 2 times (mask); allow it with --ro /home/me/.netrc".
  static func line(_ refusal: Refusal) -> String {
    let what =
      switch refusal.kind {
      case .file: "reading '\(refusal.what)'"
      case .network: "the network for \(refusal.what)"
      case .call: "the system call \(refusal.what)"
      case .limit: refusal.what
      }
    let times = refusal.count == 1 ? "" : ", \(refusal.count) times"
    let verb = refusal.isOnlyNoted ? "would have been refused" : "refused"
    let remedy = refusal.remedy.map { "; allow it with \($0)" } ?? "; nothing allows it"
    return "\(verb): \(what)\(times) (\(refusal.rule))\(remedy)"
  }
}
