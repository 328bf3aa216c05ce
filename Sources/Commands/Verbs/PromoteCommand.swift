import Apply
import Changes
import Linux
import Sessions
import Store

/// `cowbox promote`: applies one of several sessions, and says which others it gets in the way of.
enum PromoteCommand {
  static let verb = Verb(
    "promote", .time, "apply a session, and say which others conflict with it now",
    operands: .any("SESSION"), options: ApplyCommand.verb.options,
    details: """
      Like 'cowbox apply --session SESSION'; then every other session of the project is checked, and
      each that would no longer apply is told, with the paths. The others stay as they are.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    guard let word = invocation.operands.first, invocation.operands.count == 1,
      let catalogue = try invocation.catalogue()
    else { throw Failure.usage("'promote' needs one session", hint: verb.usage) }
    let chosen = try catalogue.find(word.printable)
    let others = try catalogue.items(of: chosen.project).filter { $0.name != chosen.name }
    var before: [SessionName: [Conflict]] = [:]
    for item in others { before[item.name] = try conflicts(of: item, catalogue) }
    let apply = try Invocation(
      verb: ApplyCommand.verb, arguments: invocation.arguments.of(session: chosen.name.text))
    let status = try apply.verb.act(apply)
    try apply.output.flush()
    guard status == ExitCode.done else { return status }
    for item in others {
      guard let after = try conflicts(of: item, catalogue) else {
        invocation.say("session \(item.name) can't be read; 'cowbox fsck \(item.name)' says why")
        continue
      }
      let known = before[item.name] ?? []
      let new = after.filter { !known.contains($0) }
      if !new.isEmpty { tell(item.name, new, invocation) }
    }
    return status
  }

  /// What an apply of a session would run into; nil: it can't be told.
  private static func conflicts(of item: Catalogue.Item, _ catalogue: borrowing Catalogue) throws
    -> [Conflict]?
  {
    let session = try StoredSession.open(item, in: catalogue)
    // One session that can't be read must not keep another from being applied.
    guard let reader = try? session.read(), let review = try? Review(reader: reader, root: nil)
    else { return nil }
    return try? review.drift()
  }

  private static func tell(
    _ name: SessionName, _ conflicts: [Conflict], _ invocation: Invocation
  ) {
    var text = "session \(name) conflicts now in \(Amounts.count(conflicts.count, "place")):"
    for conflict in conflicts.sorted(by: { $0.path < $1.path }) {
      text += "\n          \(conflict.description)"
    }
    invocation.say(text)
  }
}

extension Arguments {
  /// The same options for one session, without operands.
  fileprivate func of(session: String) -> Arguments {
    var made = Arguments()
    for (name, values) in values where name != "session" {
      for value in values { made.add(name, value) }
    }
    made.add("session", ByteString(session))
    return made
  }
}
