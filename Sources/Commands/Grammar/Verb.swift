/// One command of cowbox: its words, its options, and what it does.
struct Verb: Sendable {
  /// Under which heading help lists a command.
  enum Group: String, CaseIterable, Sendable {
    case work = "Work in a session"
    case review = "See and decide"
    case time = "Time and branches"
    case care = "Look after sessions"
    case about = "About cowbox"
  }

  /// What may follow the options.
  enum Operands: Sendable {
    case none
    /// Any number of operands, shown in usage as given.
    case any(String)
    /// A command and its own words: the first operand ends the options.
    case command(String)

    /// As usage shows it.
    var spelling: String {
      switch self {
      case .none: ""
      case .any(let text), .command(let text): text
      }
    }
  }

  let name: String
  let group: Group
  let summary: String
  let operands: Operands
  let options: [Option]
  /// What help says below the options: paragraphs, and commands to try.
  let details: String
  /// What only the manual says, as mdoc(7).
  let appendix: String
  let act: @Sendable (Invocation) throws -> Int32

  init(
    _ name: String, _ group: Group, _ summary: String, operands: Operands = .none,
    options: [Option] = [], details: String = "", appendix: String = "",
    act: @escaping @Sendable (Invocation) throws -> Int32
  ) {
    self.name = name
    self.group = group
    self.summary = summary
    self.operands = operands
    self.options = options
    self.details = details
    self.appendix = appendix
    self.act = act
  }

  /// Whether the command line ends with a command of somebody else.
  var takesCommand: Bool { if case .command = operands { true } else { false } }

  /// "cowbox diff [OPTION...] [PATH...]".
  var usage: String {
    let parts = ["cowbox", name, options.isEmpty ? "" : "[OPTION...]", operands.spelling]
    return parts.filter { !$0.isEmpty }.joined(separator: " ")
  }
}
