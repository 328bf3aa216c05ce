import Changes
import Linux
import Sessions
import Store

/// What `run` says at its end, where something has changed.
enum RunSummary {
  /// Says how much the session holds now, and what to type next.
  static func tell(of session: RunningSession, step: Int64, _ invocation: Invocation) throws {
    guard !invocation.isQuiet else { return }
    let directory = try attempt("open", session.path) { () throws(Errno) in
      try Descriptor.currentDirectory.open(session.path, [.directory])
    }
    let reader = try SessionReader(directory: directory.borrowed)
    if try reader.isSame(StepID(step - 1), as: nil) { return }
    for root in reader.roots {
      let review = try Review(reader: reader, root: root.path.string)
      if review.plan.isEmpty { continue }
      let words = try Tally(review.plan, review.contents).words
      let place = root.role == .project ? "" : " in '\(root.path.printable)'"
      let option = root.role == .project ? "" : " --root \(root.role.rawValue)"
      invocation.say(
        "session \(session.name): \(words)\(place); 'cowbox diff\(option)' shows it"
          + (root.role == .project ? ", 'cowbox apply' takes it" : ""))
    }
  }
}
