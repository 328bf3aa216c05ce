import Changes
import Linux
import Sessions
import Store

/// What is shown of a session while its commands go on: all of it as it was at one instant.
///
/// The rows of a session are read at one instant by themselves. The files that are written in the
/// current step are not: they are looked at again afterwards, and where one of them was written
/// meanwhile, everything is read once more.
struct StillPicture {
  /// What shows a session: it gets a reading and somewhere to write, and answers what it read.
  typealias Showing = (SessionReader, @escaping ([UInt8]) throws -> Void) throws -> (
    Plan, ContentReader
  )

  private static let attempts = 4
  /// What is longer goes out as it comes, and is only judged afterwards.
  private static let keptByteCount = 1 << 24

  /// Shows a session at one instant; says so where that could not be.
  static func take(
    of session: borrowing StoredSession, _ invocation: Invocation, _ show: Showing
  ) throws -> Plan {
    for attempt in 1...attempts {
      let isRunning = session.isRunning
      var (kept, isKept): ([UInt8], Bool) = ([], isRunning)
      let (plan, contents) = try show(session.read()) { bytes in
        if isKept { kept += bytes }
        guard !isKept || kept.count > keptByteCount else { return }
        try invocation.output.write(isKept ? kept : bytes)
        (kept, isKept) = ([], false)
      }
      let moved = isRunning ? try contents.changed(in: plan, since: session.read()) : []
      if !moved.isEmpty, isKept, attempt < attempts { continue }
      try invocation.output.write(kept)
      if !moved.isEmpty { tell(moved, invocation) }
      return plan
    }
    throw Failure("the session could not be read")
  }

  private static func tell(_ moved: [Change], _ invocation: Invocation) {
    let names = moved.prefix(5).map { "'\($0.path.printable)'" }.joined(separator: ", ")
    let more = moved.count > 5 ? " and \(moved.count - 5) more" : ""
    invocation.say("\(names)\(more) changed while the session was read: look again")
  }
}
