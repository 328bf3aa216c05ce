import Linux

/// What the command line says.
struct Arguments {
  var files = 20_000
  var largeMegabytes: Int64 = 512
  var rounds = 3
  /// The groups of phases to run; empty: all.
  var only: Set<String> = []
  /// The names of the sides to run; empty: all.
  var sides: Set<String> = []
  var json: String?
  /// Where the table goes as Markdown.
  var markdown: String?
  /// Whether the requests behind each figure are shown.
  var tracesRequests = false
  /// Whether the gain of a second client is measured.
  var measuresScaling = false
  /// Of how many files the keeper's memory is measured; 0: it is not.
  var memoryFiles = 0
  /// The cowbox whose start-up is measured as well.
  var program: String?
  /// How many files the project has of which diff and apply are measured, instead of all else; 0:
  /// they are not.
  var applyFiles = 0
  /// The three directories of a run that only serves: lower, mount point, session.
  var served: [String]?

  init(_ words: ArraySlice<String>) throws {
    var rest = words
    while let word = rest.popFirst() {
      switch word {
      case "--files": files = try Self.number(&rest, word)
      case "--large": largeMegabytes = Int64(try Self.number(&rest, word))
      case "--rounds": rounds = try Self.number(&rest, word)
      case "--only": only = try Self.groups(&rest, word)
      case "--sides": sides = try Self.list(&rest, word, of: Side.all.map(\.name))
      case "--json": json = try Self.value(&rest, word)
      case "--markdown": markdown = try Self.value(&rest, word)
      case "--requests": tracesRequests = true
      case "--scaling": measuresScaling = true
      case "--memory": memoryFiles = try Self.number(&rest, word)
      case "--apply": applyFiles = try Self.number(&rest, word)
      case "--cowbox": program = try Self.value(&rest, word)
      case "--serve":
        served = Array(rest)
        rest = []
      default: throw Complaint("unknown option '\(word)'\n\(Self.usage)")
      }
    }
  }

  static let usage = """
    usage: cowbox-bench [--files N] [--large MIB] [--rounds N] [--only GROUP,...] [--sides SIDE,...]
      [--json FILE] [--markdown FILE] [--requests] [--scaling] [--memory FILES] [--cowbox PROGRAM]
           cowbox-bench --apply FILES --cowbox PROGRAM [--rounds N]
    groups: \(Phase.groups.joined(separator: " ")); 'none' leaves them all out
    sides: \(Side.all.map(\.name).joined(separator: " "))
    """

  private static func groups(_ rest: inout ArraySlice<String>, _ word: String) throws -> Set<String>
  {
    try list(&rest, word, of: Phase.groups + ["none"])
  }

  private static func list(
    _ rest: inout ArraySlice<String>, _ word: String, of known: [String]
  ) throws -> Set<String> {
    let words = try value(&rest, word).split(separator: ",").map { String($0) }
    if let odd = words.first(where: { !known.contains($0) }) {
      throw Complaint("'\(word)' knows no '\(odd)', but \(known.joined(separator: ", "))")
    }
    return Set(words)
  }

  private static func value(_ rest: inout ArraySlice<String>, _ word: String) throws -> String {
    guard let value = rest.popFirst() else { throw Complaint("'\(word)' wants a value") }
    return value
  }

  private static func number(_ rest: inout ArraySlice<String>, _ word: String) throws -> Int {
    guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else {
      throw Complaint("'\(word)' wants a number above 0")
    }
    return value
  }
}
