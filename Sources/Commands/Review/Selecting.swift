import Changes
import Linux
import Sessions

/// The part of a difference that the command line means: paths, kinds, and what is left out.
enum Selecting {
  static let operands = Verb.Operands.any("[PATH...]")

  static let options: [Option] = [
    Option("exclude", value: "PATH", repeats: true, "leave out what matches a path or pattern"),
    Option(
      "kind", value: "KIND", repeats: true,
      choices: ["added", "modified", "deleted", "renamed", "mode"], "only changes of a kind"),
  ]

  /// The part of a plan; a path that means no change is an error.
  static func part(of plan: Plan, for purpose: Purpose, _ invocation: Invocation) throws -> Plan {
    var selection = Selection()
    selection.patterns = try invocation.operands.map {
      Pattern(try path($0, plan.root.path, invocation))
    }
    selection.excluded = try invocation.arguments.all("exclude").map {
      Pattern(try path($0, plan.root.path, invocation))
    }
    selection.kinds = Set(
      invocation.arguments.all("kind").compactMap { $0.string.flatMap(Selection.Kind.init) })
    for (word, pattern) in zip(invocation.operands, selection.patterns)
    where selection.unmatched(in: plan).contains(pattern) {
      throw Failure.usage(
        "'\(word.printable)' means nothing that changed",
        hint: "'cowbox diff --name-status' lists what changed")
    }
    return plan.selecting(selection, for: purpose)
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
