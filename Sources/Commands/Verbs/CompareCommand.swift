import Archives
import Changes
import Linux
import Sessions
import Store

/// `cowbox compare`: what two sessions of a project have differently, and where several overlap.
enum CompareCommand {
  static let verb = Verb(
    "compare", .time, "show in what two sessions differ, or where several overlap",
    operands: .any("A B [C...]"),
    options: [
      Option("overlap", "of two sessions, too, only the table of the paths that both change"),
      Option("stat", "a line for each file that differs, with its count of lines"),
      Option("name-status", "names, with a letter for what is different in B"),
      Option("exit-code", "end with 1 when they differ, or change a path differently"),
      Review.option, Invocation.json,
    ],
    details: """
      Of two sessions it shows the patch that makes B's tree of A's. Of more it shows a table: a line
      for each path that at least two of them change, with a letter for each thing that they leave
      there, the same letter for the same thing, 'gone' where it is deleted and '-' where a session
      leaves it alone.

          cowbox compare one two --stat
          cowbox compare one two three
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    guard invocation.operands.count >= 2 else {
      throw Failure.usage("'compare' needs two sessions at least", hint: verb.usage)
    }
    let sides = try invocation.operands.map { try Side($0, invocation) }
    guard let first = sides.first, sides.allSatisfy({ $0.root.path == first.root.path }) else {
      throw Failure.usage("the sessions are of different projects")
    }
    let files = try Review.open(first.root)
    let lower = LowerTree(files.borrowed)
    let isTable = sides.count > 2 || invocation.arguments.has("overlap")
    let differs =
      try isTable || invocation.wantsJSON
      ? showTable(sides, lower, invocation)
      : showDifference(sides[0], sides[1], lower, invocation)
    return differs && invocation.arguments.has("exit-code") ? ExitCode.failed : ExitCode.done
  }

  /// One of the sessions, read at one instant.
  private struct Side {
    let name: SessionName
    let reader: SessionReader
    let root: Root

    init(_ word: ByteString, _ invocation: Invocation) throws {
      let session = try invocation.session(named: word)
      name = session.name
      reader = try session.read()
      root = try Review.root(invocation.arguments.text("root"), of: reader.roots)
    }
  }

  private static func showDifference(
    _ left: Side, _ right: Side, _ lower: LowerTree, _ invocation: Invocation
  ) throws -> Bool {
    let old = try SessionView(left.reader, root: left.root, at: nil, lower: lower)
    let new = try SessionView(right.reader, root: right.root, at: nil, lower: lower)
    let plan = try Plan(from: old, to: new)
    let contents = ContentReader(from: old, to: new)
    let files = try plan.files(contents, finding: RenameSearch()).files
    let output = invocation.output
    let sink = TextSink { bytes in try output.write(bytes) }
    let style = RenderingStyle(
      isColored: output.style.isOn, isEscaped: Descriptor.standardOutput.isTerminal)
    if invocation.arguments.has("stat") {
      try StatText(plan, contents, style: style).write(files, to: sink)
    } else if invocation.arguments.has("name-status") {
      try NameLists(plan, contents).write(.nameStatus, files, to: sink)
    } else {
      try PatchText(plan, contents, style: style).write(files, to: sink)
    }
    try sink.finish()
    return !plan.isEmpty
  }

  private static func showTable(_ sides: [Side], _ lower: LowerTree, _ invocation: Invocation)
    throws
    -> Bool
  {
    let comparison = try SessionComparison(sides.map { ($0.reader, $0.root) }, lower: lower)
    let differing = comparison.rows.count { $0.isConflict }
    if invocation.wantsJSON {
      let value: JSON = [
        "sessions": .array(sides.map { .string($0.name.text) }),
        "paths": .array(comparison.rows.map(json)),
      ]
      try invocation.output.line(value.prettyText)
      return differing > 0
    }
    let shared = comparison.rows.filter(\.isShared)
    var table = Table(["PATH"] + sides.map(\.name.text) + [""])
    for row in shared {
      table.add([row.path.printable] + letters(of: row) + [row.isConflict ? "differs" : "same"])
    }
    for line in table.isEmpty ? [] : table.lines(style: invocation.output.style) {
      try invocation.output.line(line)
    }
    invocation.say(
      "\(Amounts.count(shared.count, "path is", "paths are")) changed by several sessions, "
        + "\(differing) differently; \(comparison.rows.count - shared.count) by one only")
    return differing > 0
  }

  /// The same letter for the same thing.
  private static func letters(of row: SessionComparison.Row) -> [String] {
    var seen: [SessionComparison.State] = []
    return row.states.map { state in
      guard let state else { return "-" }
      if state == .gone { return "gone" }
      let place = seen.firstIndex(of: state) ?? seen.count
      if place == seen.count { seen.append(state) }
      let letters = Array("abcdefghijklmnopqrstuvwxyz")
      return place < letters.count ? String(letters[place]) : "\(place + 1)"
    }
  }

  private static func json(_ row: SessionComparison.Row) -> JSON {
    [
      "path": JSON(row.path), "shared": .bool(row.isShared), "differs": .bool(row.isConflict),
      "states": .array(
        row.states.map { state in
          switch state {
          case nil: .null
          case .gone?: "gone"
          case .there(_, _, let digest)?: .string(digest.hexadecimal)
          }
        }),
    ]
  }
}
