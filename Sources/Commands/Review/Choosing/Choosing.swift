import Apply
import Changes
import Linux
import Sessions
import Store

/// What a person chose, hunk by hunk, of a difference that stays the same until it is used.
struct Choosing {
  static let options: [Option] = [
    Option("patch", short: "p", "ask for each hunk, as 'git add -p' does"),
    Option("interactive", short: "i", "choose files and hunks on the full screen"),
  ]

  static func isGiven(_ invocation: Invocation) -> Bool {
    options.contains { invocation.arguments.has($0.name) }
  }

  /// The id of the difference that was seen.
  let id: String
  /// The changes that are meant, as far as they are.
  let changes: [Change]

  /// Asks; nothing is locked meanwhile.
  init(
    _ session: borrowing StoredSession, for purpose: Purpose, _ invocation: Invocation
  ) throws {
    if invocation.arguments.bytes("from-file0") == "-" {
      throw Failure.usage("'--from-file0 -' and '-p' both want the standard input")
    }
    let review = try Review(session, root: invocation.arguments.text("root"))
    let part = try Selecting.part(of: review.plan, for: .showing, review.reader, invocation)
    id = try review.plan.id(review.contents)
    changes =
      try invocation.arguments.has("interactive")
      ? Self.reviewed(review, part, for: purpose)
      : HunkPrompt(review.plan, review.contents, for: purpose, invocation).choose(from: part)
    try invocation.output.flush()
  }

  private static func reviewed(_ review: Review, _ part: Plan, for purpose: Purpose) throws
    -> [Change]
  {
    guard !part.isEmpty else { return [] }
    var reviewer = try Reviewer(review.plan, part: part, review.contents, for: purpose)
    return switch try reviewer.run() {
    case .chosen(let changes): changes
    case .left: []
    }
  }

  /// The part of the plan as it is now; an error where it is not the one that was seen.
  func part(of plan: Plan, id now: String, for purpose: Purpose) throws -> Plan {
    guard now == id else { throw Failure(ApplyError.planMoved(reviewed: id, now: now)) }
    return plan.choosing(changes, for: purpose)
  }
}
