import Apply
import Changes
import Linux
import Sessions
import Store

/// `cowbox status`: where one stands, how it came about, and what to type next.
enum StatusCommand {
  static let verb = Verb(
    "status", .review, "show where the session stands",
    options: [Invocation.json],
    details: """
      Which session it is, what runs in it, what it changed, where the project has changed in the same
      places meanwhile ('drifted': an apply would conflict there), which steps led here, and what to
      type next. 'cowbox' alone says the same.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let session = try invocation.session()
    let status = try Status(session, invocation)
    if invocation.wantsJSON {
      try invocation.output.line(status.json.prettyText)
    } else {
      for line in status.lines(invocation.output.style) { try invocation.output.line(line) }
    }
    return ExitCode.done
  }
}
