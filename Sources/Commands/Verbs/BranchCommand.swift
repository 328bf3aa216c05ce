import Linux
import Sessions
import Store

/// `cowbox branch`: another session that begins where this one is.
enum BranchCommand {
  static let verb = Verb(
    "branch", .time, "begin another session where this one is", operands: .any("[NAME]"),
    options: [Option("from", value: "STEP", "from a step or snapshot, not the present")],
    details: "Content is shared, not copied. 'cowbox run --session NAME -- COMMAND' works in it.",
    act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let session = try invocation.session()
    guard invocation.operands.count <= 1, let catalogue = try invocation.catalogue() else {
      throw Failure.usage("'branch' takes one name")
    }
    let wanted = try invocation.operands.first.map(name)
    let from = try invocation.arguments.text("from")
    let step =
      if let from { try Timeline(session.read()).step(from) } else {
        // The step that ends with this boundary is what the branch begins with.
        StepID(try session.perform(.boundary(message: "branch")).rawValue - 1)
      }
    let made = try catalogue.make(named: wanted, for: session.project)
    do {
      let directory = try catalogue.open(made)
      try SessionStore.branch(
        from: session.directory.borrowed,
        BranchOrigin(session: session.name.text, step: step),
        into: directory.borrowed.duplicate())
      try Catalogue.enter(directory.borrowed, project: session.project)
    } catch {
      // What is left of the attempt is no session; the error that matters is the one above.
      try? catalogue.remove(made)
      throw error
    }
    invocation.say(
      "session \(made) begins at step \(step.rawValue) of \(session.name); "
        + "'cowbox run --session \(made) -- COMMAND' works in it")
    return ExitCode.done
  }

  private static func name(_ word: ByteString) throws -> SessionName {
    if let name = word.string.flatMap(SessionName.init) { return name }
    throw Failure.usage(
      "'\(word.printable)' can't be a session's name",
      hint: "use up to 64 letters, digits, dashes, dots and underscores")
  }
}
