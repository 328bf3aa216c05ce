import Sessions

/// `cowbox rename`: another name for a session.
enum RenameCommand {
  static let verb = Verb(
    "rename", .care, "give a session another name", operands: .any("[OLD] NEW"),
    details: """
      Without OLD the project's session is meant. Sessions that were branched from it learn its new
      name. A session that runs is refused, and so is one whose branches run.

          cowbox rename experiment
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let words = invocation.operands
    guard let new = words.last, words.count <= 2, let catalogue = try invocation.catalogue() else {
      throw Failure.usage("'rename' needs a session and its new name", hint: verb.usage)
    }
    let name = try Invocation.sessionName(new)
    let session =
      try words.count == 2 ? invocation.session(named: words[0]) : invocation.session()
    try catalogue.rename(session.item, to: name)
    invocation.say("session \(session.name) is now \(name)")
    return ExitCode.done
  }
}
