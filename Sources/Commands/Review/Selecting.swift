import Changes
import Linux
import Sessions
import Store

/// The part of a difference that the command line means: one grammar for diff, apply and discard.
enum Selecting {
  static let operands = Verb.Operands.any("[PATH...]")

  static let options: [Option] = [
    Option("exclude", value: "PATH", repeats: true, "leave out what matches a path or pattern"),
    Option(
      "kind", value: "KIND", repeats: true,
      choices: ["added", "modified", "deleted", "renamed", "mode"], "only changes of a kind"),
    Option("step", value: "STEP", "only what a step changed, or the steps A..B"),
    Option(
      "from-file0", value: "FILE",
      "only the paths in a file (-: standard input), as 'diff -z --name-only' writes them"),
  ]

  /// Whether the command line means a part at all.
  static func isGiven(_ invocation: Invocation) -> Bool {
    !invocation.operands.isEmpty || options.contains { invocation.arguments.has($0.name) }
  }

  /// The part of a plan, as far as options say it; a path that means no change is an error.
  static func part(
    of plan: Plan, for purpose: Purpose, _ reader: SessionReader, _ invocation: Invocation
  ) throws -> Plan {
    plan.selecting(try selection(of: plan, reader, invocation), for: purpose)
  }

  private static func selection(
    of plan: Plan, _ reader: SessionReader, _ invocation: Invocation
  ) throws -> Selection {
    var selection = Selection()
    selection.patterns = try invocation.operands.map {
      Pattern(try path($0, plan.root.path, invocation))
    }
    let listed = try listedPaths(invocation)
    selection.patterns += listed.map { Pattern(literal: $0) }
    selection.excluded = try invocation.arguments.all("exclude").map {
      Pattern(try path($0, plan.root.path, invocation))
    }
    selection.kinds = Set(
      invocation.arguments.all("kind").compactMap { $0.string.flatMap(Selection.Kind.init) })
    if let word = try invocation.arguments.text("step") {
      selection.written = try StepWriting(reader, in: steps(word, reader))
    }
    let unmatched = Set(selection.unmatched(in: plan))
    for (word, pattern) in zip(invocation.operands + listed, selection.patterns)
    where unmatched.contains(pattern) {
      throw Failure.usage(
        "'\(word.printable)' means nothing that changed",
        hint: "'cowbox diff --name-status' lists what changed")
    }
    return selection
  }

  /// One step by its number or a snapshot's name, or two with ".." between them.
  private static func steps(_ word: String, _ reader: SessionReader) throws -> ClosedRange<StepID> {
    guard let dots = word.firstRange(of: "..") else {
      let step = try reader.step(named: word)
      return step...step
    }
    let first = try reader.step(named: String(word[..<dots.lowerBound]))
    let last = try reader.step(named: String(word[dots.upperBound...]))
    guard first <= last else { throw Failure.usage("step \(first.rawValue) is behind the other") }
    return first...last
  }

  /// The paths of `--from-file0`; an empty list would mean everything, and is an error.
  private static func listedPaths(_ invocation: Invocation) throws -> [ByteString] {
    guard let name = invocation.arguments.bytes("from-file0") else { return [] }
    let bytes: [UInt8]
    if name == "-" {
      bytes = try attempt("read the list of paths") { () throws(Errno) in
        try Descriptor.standardInput.readToEnd()
      }
    } else {
      bytes = try attempt("read the list of paths", name) { () throws(Errno) in
        let file = try Descriptor.currentDirectory.open(name, .readOnly)
        return try file.borrowed.readToEnd()
      }
    }
    let paths = bytes.split(separator: 0).map { ByteString($0) }
    guard !paths.isEmpty else {
      throw Failure.usage("'\(name.printable)' lists no path")
    }
    return paths
  }

  /// A path as the plan has it: below the root, seen from where the user stands.
  static func path(_ word: ByteString, _ root: ByteString, _ invocation: Invocation) throws
    -> ByteString
  {
    let isAbsolute = word.bytes.first == UInt8(ascii: "/")
    let here = try invocation.project().directory
    let start = here.isWithin(root) ? here : root
    var parts: [ByteString] = []
    for part in (isAbsolute ? word : start.appending(word)).components where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    let whole = parts.reduce(ByteString("/")) { $0.appending($1) }
    guard whole.isWithin(root) else {
      throw Failure.usage("'\(word.printable)' is outside '\(root.printable)'")
    }
    return whole.relative(to: root)
  }
}
