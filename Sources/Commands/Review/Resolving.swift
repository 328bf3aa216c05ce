import Apply
import Changes
import Linux
import Sessions

/// What the command line says of conflicts, and how they are shown.
enum Resolving {
  static let options: [Option] = [
    Option("merge", "merge what both sides changed, line by line"),
    Option("markers", "the same; lines that both changed stand between markers"),
    Option(
      "take", value: "SIDE[=PATH]", repeats: true,
      "'mine' or 'theirs' in conflicts: the session's state or the project's"),
    Option("skip-conflicts", "leave what is in conflict pending"),
  ]

  static let details = """
    Where the project has changed in the same places meanwhile, a table says what and where.
    '--merge' merges text files whose state before the session kept; '--take mine' lets the
    session's state land all the same ('revert' brings the project's back), '--take theirs' lets
    the session forget its own ('undo' brings it back), '--skip-conflicts' applies the rest.
    """

  /// What the options say.
  static func resolution(_ invocation: Invocation, root: ByteString) throws -> Resolution {
    let arguments = invocation.arguments
    var resolution = Resolution()
    resolution.leavesMarkers = arguments.has("markers")
    resolution.merges = arguments.has("merge") || resolution.leavesMarkers
    resolution.skips = arguments.has("skip-conflicts")
    for word in arguments.all("take") {
      let parts = word.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1)
      guard let name = parts.first.flatMap({ ByteString($0).string }),
        let side = Resolution.Side(rawValue: name)
      else {
        throw Failure.usage(
          "'--take \(word.printable)' names no side",
          hint: "it is 'mine' or 'theirs', or with a path, 'mine=PATH'")
      }
      let pattern = try parts.dropFirst().first.map {
        Pattern(try Selecting.path(ByteString($0), root, invocation))
      }
      resolution.choices.append(.init(side, pattern))
    }
    return resolution
  }

  /// The failure of what is still in conflict; as JSON it stands on standard output as well.
  static func failure(_ conflicts: [Conflict], _ name: SessionName, _ invocation: Invocation) throws
    -> Failure
  {
    if invocation.wantsJSON {
      let value: JSON = [
        "schema": "cowbox-conflicts-1", "session": .string(name.text), "applied": false,
        "conflicts": .array(conflicts.map(\.json)),
      ]
      try invocation.output.line(value.prettyText)
    }
    return Failure(ApplyError.conflicts(conflicts))
  }

  /// A line for each conflict.
  static func table(of conflicts: [Conflict]) -> [String] {
    var table = Table("PATH", "SESSION", "PROJECT")
    for conflict in conflicts {
      let path = conflict.path.isEmpty ? "." : conflict.path.printable
      let reason = conflict.reason.rawValue + (conflict.obstacle.map { ": \($0)" } ?? "")
      table.add(path, conflict.kind.rawValue, reason)
    }
    return table.lines(style: .plain)
  }

  static let hint =
    "go on with '--merge', '--take mine', '--take theirs' or '--skip-conflicts', or leave paths out"
}

extension Conflict {
  /// The conflict for programs.
  var json: JSON {
    [
      "key": JSON(key), "path": JSON(path), "session": .string(kind.rawValue),
      "project": .string(reason.rawValue), "why": JSON.optional(obstacle) { .string($0) },
    ]
  }
}
