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
      if arguments.applyFiles > 0 { return print(try ApplyBench(arguments).run()) }
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
    let wanted = Side.all.filter { arguments.sides.isEmpty || arguments.sides.contains($0.name) }
    let sides = try wanted.filter { try place.canRun($0) }
    let machine = try Machine(sides: sides, place: place)
    print(machine.text)
    var results = Results(sides: sides)
    if arguments.only != ["none"] {
      try measure(sides, into: &results)
      print(results.table)
      if arguments.tracesRequests { print(results.requestTable) }
    }
    if arguments.measuresScaling { print(try Scaling(place: place).run()) }
    if arguments.memoryFiles > 0 { print(try Memory(files: arguments.memoryFiles).run(in: place)) }
    if let program = arguments.program { print(try place.measureStartup(of: program)) }
    if let path = arguments.json { try results.json(of: machine).write(to: path) }
    if let path = arguments.markdown { try results.markdown(of: machine).write(to: path) }
  }

  private func measure(_ sides: [Side], into results: inout Results) throws {
    for round in 1...arguments.rounds {
      for side in sides {
        Complaint.say("round \(round) of \(arguments.rounds): \(side.name)")
        try place.measure(side, only: arguments.only) { results.add($0, side) }
      }
    }
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

extension String {
  /// Writes the text to a file.
  func write(to path: String) throws {
    let file = try Descriptor.currentDirectory.open(
      ByteString(path), [.writeOnly, .create, .truncate], mode: 0o644)
    try file.borrowed.write(Array(utf8))
  }
}
