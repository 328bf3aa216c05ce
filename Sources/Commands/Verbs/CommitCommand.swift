import Archives
import Changes
import Linux
import Sessions
import Store

/// `cowbox commit`: merges a branch into the session that it came from.
enum CommitCommand {
  static let verb = Verb(
    "commit", .time, "merge a branch into the session it came from", operands: .any("[BRANCH]"),
    options: [
      Option(
        "take", value: "SIDE", choices: ["branch", "session"],
        "where both changed the same lines of a file, take one side's"),
      Option("markers", "... leave both sides there, between markers, to be sorted out"),
    ],
    details: """
      What the branch changed since it began, or since it was committed last, is done to the session
      as it is now, in one step that 'cowbox undo' takes back. Texts that both changed are merged line
      by line. Where they changed the same lines, or one deleted what the other changed, nothing is
      merged and the exit status is 3. The branch stays as it is, and may be committed again.

          cowbox branch try
          cowbox run --in try -- make fix
          cowbox commit try
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    guard invocation.operands.count <= 1, let catalogue = try invocation.catalogue() else {
      throw Failure.usage("'commit' needs one branch", hint: verb.usage)
    }
    let branch =
      try invocation.operands.first.map { try invocation.session(named: $0) }
      ?? invocation.session()
    guard let origin = try catalogue.origin(of: branch.name) else {
      throw Failure(
        "session \(branch.name) is no branch of another one",
        hint: "'cowbox apply --session \(branch.name)' takes its changes into the project")
    }
    let session = try invocation.session(named: ByteString(origin.session))
    let favor: SessionMerge.Favor? =
      invocation.arguments.has("markers")
      ? .markers : try invocation.arguments.text("take").flatMap(SessionMerge.Favor.init)
    let step = try merge(branch, session, favor)
    guard let step else {
      invocation.say("session \(session.name) has all of \(branch.name) already")
      return ExitCode.done
    }
    invocation.say(
      "merged \(branch.name) into session \(session.name) as step \(step.rawValue); "
        + "'cowbox undo --session \(session.name)' takes it back")
    return ExitCode.done
  }

  private static func merge(
    _ branch: borrowing StoredSession, _ session: borrowing StoredSession,
    _ favor: SessionMerge.Favor?
  ) throws -> StepID? {
    let stores = (try Landing.store(of: branch), try Landing.store(of: session))
    defer {
      stores.0.unlock()
      stores.1.unlock()
    }
    var opened: [Int64: OpenFile] = [:]
    let merge = try SessionMerge(stores.0, into: stores.1, favor: favor) { id in
      guard let root = stores.1.roots.first(where: { $0.id == id }) else {
        throw Failure("the branch shows a directory that its session does not")
      }
      let file = try opened[id] ?? Review.open(root)
      opened[id] = file
      return LowerTree(file.borrowed)
    }
    do { return try merge.run(message: "branch \(branch.name)") } catch SessionMerge.Failure
      .conflicts(let conflicts)
    {
      throw refusal(branch.name, conflicts)
    }
  }

  private static func refusal(_ name: SessionName, _ conflicts: [TreeMerge.Conflict]) -> Failure {
    var sentence = "branch \(name) and its session conflict; nothing was merged:"
    for conflict in conflicts { sentence += "\n          \(conflict)" }
    let isContent = conflicts.allSatisfy { $0.reason == .content }
    return Failure(
      sentence,
      hint: isContent
        ? "'--take branch', '--take session' or '--markers' settles contents"
        : "change one of the two, and commit again",
      code: ExitCode.conflict)
  }
}
