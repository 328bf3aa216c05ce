import Changes
import Linux
import Profiles
import Sessions
import Store

/// The words that a meaning has here and now: sessions, steps, profiles, paths.
struct Candidates {
  let verb: Verb?
  /// The options so far, which say what session is meant.
  let given: [ByteString]

  /// All words of a meaning; only paths look at how the word begins.
  func all(_ meaning: Meaning, _ prefix: ByteString) -> [Completion.Candidate] {
    // Completion never complains: where something can't be read there is nothing to offer.
    (try? words(meaning, prefix)) ?? []
  }

  /// The commands there are.
  static var verbs: [Completion.Candidate] {
    Verbs.all.map { Completion.Candidate(ByteString($0.name), $0.summary) }
  }

  private func words(_ meaning: Meaning, _ prefix: ByteString) throws -> [Completion.Candidate] {
    switch meaning {
    case .word(let word): [Completion.Candidate(ByteString(word))]
    case .verb: Self.verbs
    case .session: try sessions()
    case .step: try steps()
    case .snapshot: try snapshots()
    case .profile: try profiles()
    case .setting:
      Setting.all.map { Completion.Candidate(ByteString($0.name), $0.summary) }
    case .root: try roots()
    case .risk:
      Risk.allCases.map { Completion.Candidate(ByteString($0.rawValue), $0.words) }
        + [Completion.Candidate("all", "whatever it is")]
    case .path: try SessionPaths(invocation(), onlyChanged: takesPartOfPlan).below(prefix)
    case .directory, .file: []
    }
  }

  private func sessions() throws -> [Completion.Candidate] {
    guard let catalogue = try invocation().catalogue() else { return [] }
    return try catalogue.items().map {
      Completion.Candidate(
        $0.name.bytes, "\($0.project.printable), used \(Amounts.ago($0.used))")
    }
  }

  private func steps() throws -> [Completion.Candidate] {
    try invocation().session().read().steps().reversed().map {
      Completion.Candidate(
        ByteString("\($0.id.rawValue)"), "\(Amounts.ago($0.began)) \(Self.words(of: $0))")
    }
  }

  private static func words(of step: Step) -> String {
    let words = step.command.map(Words.quoted).joined(separator: " ")
    return String((words.isEmpty ? ByteString(step.message).printable : words).prefix(60))
  }

  /// Whether the verb is about what changed, so that other paths would mean nothing to it.
  private var takesPartOfPlan: Bool {
    verb?.operands.spelling == Selecting.operands.spelling
  }

  private func snapshots() throws -> [Completion.Candidate] {
    try invocation().session().read().marks().map {
      Completion.Candidate(
        ByteString($0.name), "step \($0.step.rawValue), \(Amounts.ago($0.made))")
    }
  }

  private func profiles() throws -> [Completion.Candidate] {
    let library = ProfileLibrary(
      userDirectory: ProfileLibrary.userDirectory(home: try invocation().home))
    return library.names().map { Completion.Candidate(ByteString($0.name), $0.file) }
  }

  private func roots() throws -> [Completion.Candidate] {
    try invocation().session().read().roots.map {
      Completion.Candidate(ByteString($0.role.rawValue), $0.path.printable)
    }
  }

  /// The verb as it would be done with the options so far, if they make sense by themselves.
  private func invocation() throws -> Invocation {
    let verb = try verb ?? Verbs.named("status")
    let words = given.filter { !$0.isEmpty }
    let known = Verb(verb.name, verb.group, "", operands: .any(""), options: verb.options) { _ in 0
    }
    return try Invocation(verb: verb, arguments: ArgumentParser.parse(words[...], for: known))
  }
}
