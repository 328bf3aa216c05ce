import Linux
import Sessions
import Store

/// `cowbox branch`: another session that begins where this one is.
enum BranchCommand {
  static let verb = Verb(
    "branch", .time, "begin another session where this one is", operands: .any("[NAME]"),
    options: [
      Option(
        "from", value: "WHERE", "from a step or snapshot, or from what another session is now")
    ],
    details: """
      Content is shared, not copied: a branch costs what the session changed, whatever the size of the
      project. 'cowbox run --in NAME -- COMMAND' works in it, 'cowbox compare' shows how it differs,
      'cowbox commit' merges it back, and 'cowbox promote' applies it.
      """,
    act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    guard invocation.operands.count <= 1 else { throw Failure.usage("'branch' takes one name") }
    let wanted = try invocation.operands.first.map(Invocation.sessionName)
    let from = try invocation.arguments.text("from")
    if let from, let other = try otherSession(from, invocation) {
      return try make(wanted, of: other, at: nil, invocation)
    }
    return try make(wanted, of: invocation.session(), at: from, invocation)
  }

  /// The session that a word names, where it is no step or snapshot of the project's own.
  private static func otherSession(_ word: String, _ invocation: Invocation) throws
    -> StoredSession?
  {
    // No session, or no such step in it: then the word must name a session.
    if let reader = try? invocation.session().read(), (try? reader.step(named: word)) != nil {
      return nil
    }
    if Int64(word) != nil { return nil }
    return try invocation.session(named: ByteString(word))
  }

  private static func make(
    _ wanted: SessionName?, of session: borrowing StoredSession, at word: String?,
    _ invocation: Invocation
  ) throws -> Int32 {
    guard let catalogue = try invocation.catalogue() else { return ExitCode.failed }
    let from = try word.map { try session.read().step(named: $0) }
    let (made, step) = try catalogue.branch(session, at: from, named: wanted)
    invocation.say(
      "session \(made) begins at step \(step.rawValue) of \(session.name); "
        + "'cowbox run --in \(made) -- COMMAND' works in it")
    return ExitCode.done
  }
}
