import Changes
import Linux
import Sessions

/// Holds back what acts by itself once it is in the project, until the user allows it.
struct RiskGate {
  static let option = Option(
    "allow-risky", value: "CLASS|PATH", repeats: true,
    "let in what acts by itself: a class (\(Risk.allCases.map(\.rawValue).joined(separator: ", "))), "
      + "a path or pattern, or all")

  /// The classes for the manual, from the table that is obeyed.
  static var manual: String {
    var text = ".Sh RISKS\nWhat is held back, by class:\n.Bl -tag -width git-config\n"
    let patterns = Dictionary(uniqueKeysWithValues: RiskTable.patterns)
    for risk in Risk.allCases {
      text += ".It Li \(risk.rawValue)\n\(Manual.sentence(risk.words))\n"
      for pattern in patterns[risk] ?? [] { text += ".Pa \(pattern)\n" }
    }
    return text + """
      .El
      .Pp
      Names are compared whatever their case.
      A symlink, and a directory that was renamed, is held back where what is behind it would
      match.

      """
  }

  private let classes: Set<Risk>
  private let paths: [Pattern]

  /// What the command line allows.
  init(_ invocation: Invocation, root: ByteString) throws {
    var (classes, paths) = (Set<Risk>(), [Pattern]())
    for word in invocation.arguments.all("allow-risky") {
      if word == "all" {
        classes = Set(Risk.allCases)
      } else if let risk = word.string.flatMap(Risk.init) {
        classes.insert(risk)
      } else {
        paths.append(Pattern(try Selecting.path(word, root, invocation)))
      }
    }
    (self.classes, self.paths) = (classes, paths)
  }

  /// Refuses a plan that holds a risk nobody allowed.
  func check(_ plan: Plan) throws {
    let found = plan.risks(allowing: classes, paths: paths)
    guard !found.isEmpty else { return }
    var sentence =
      "\(Amounts.count(found.count, "change")) may act by "
      + "\(found.count == 1 ? "itself" : "themselves") once in the project; nothing was written:"
    for (change, risks) in found {
      for risk in risks {
        sentence += "\n          '\(change.path.printable)' (\(risk.rawValue)): \(risk.words)"
      }
    }
    let classes = Risk.allCases.filter { risk in found.contains { $0.1.contains(risk) } }
    let options = classes.map { "--allow-risky \($0.rawValue)" }.joined(separator: " ")
    throw Failure(
      sentence,
      hint: "look with 'cowbox diff', then apply with '\(options)' or with the path;\n"
        + "        'cowbox apply -p' asks one by one, '--exclude PATH' leaves one out",
      code: ExitCode.risk)
  }
}
