import Glibc
import Linux

/// Measures the overlay against the plain file system and against its peers, in one run.
///
/// Every side gets the same tree and the same phases, in turn, several times over; what is printed
/// are medians, and ratios of medians.
@main
struct Bench {
  static func main() {
    do {
      let arguments = try Arguments(CommandLine.arguments.dropFirst())
      if let served = arguments.served { return try Server.run(served) }
      try Bench(arguments).run()
    } catch {
      Complaint.say("cowbox-bench: \(error)")
      exit(1)
    }
  }

  private let arguments: Arguments
  private let place: Workplace

  private init(_ arguments: Arguments) throws {
    self.arguments = arguments
    try Workplace.isolate()
    place = try Workplace(files: arguments.files, largeBytes: arguments.largeMegabytes << 20)
  }

  private func run() throws {
    defer { place.remove() }
    let sides = try Side.all.filter { try place.canRun($0) }
    var results = Results(sides: sides)
    for round in 1...arguments.rounds {
      for side in sides {
        Complaint.say("round \(round) of \(arguments.rounds): \(side.name)")
        try place.measure(side) { phase, value in results.add(value, phase, side) }
      }
    }
    print(results.table)
    if let program = arguments.program { print(try place.measureStartup(of: program)) }
    if let path = arguments.json { try results.writeJSON(to: ByteString(path)) }
  }
}

/// What the command line says.
struct Arguments {
  var files = 20_000
  var largeMegabytes: Int64 = 512
  var rounds = 3
  var json: String?
  /// The cowbox whose start-up is measured as well.
  var program: String?
  /// The three directories of a run that only serves: lower, mount point, session.
  var served: [String]?

  init(_ words: ArraySlice<String>) throws {
    var rest = words
    while let word = rest.popFirst() {
      switch word {
      case "--files": files = try Self.number(&rest, word)
      case "--large": largeMegabytes = Int64(try Self.number(&rest, word))
      case "--rounds": rounds = try Self.number(&rest, word)
      case "--json": json = rest.popFirst()
      case "--cowbox": program = rest.popFirst()
      case "--serve":
        served = Array(rest)
        rest = []
      default: throw Complaint("unknown option '\(word)'\n\(Self.usage)")
      }
    }
  }

  static let usage =
    "usage: cowbox-bench [--files N] [--large MIB] [--rounds N] [--json FILE]"
    + " [--cowbox PROGRAM]"

  private static func number(_ rest: inout ArraySlice<String>, _ word: String) throws -> Int {
    guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else {
      throw Complaint("'\(word)' wants a number above 0")
    }
    return value
  }
}

/// A sentence for whoever runs the bench.
struct Complaint: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// Says a sentence where it does not mix with the table.
  static func say(_ sentence: String) {
    // Nobody can be told that nobody can be told.
    try? Descriptor.standardError.write(Array((sentence + "\n").utf8))
  }
}
