import Archives
import Changes
import Linux
import Sessions
import Store

/// `cowbox blame`: which step, and which command, wrote each line of a file.
enum BlameCommand {
  static let verb = Verb(
    "blame", .time, "show which step and command wrote each line of a file",
    operands: .any("PATH"), options: [Pager.option, Review.option, Invocation.json],
    details: """
      Before each line stand the step that wrote it, when, and with which command; lines that the
      project had before have none. Only what the session changed itself is followed.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    guard let word = invocation.operands.first, invocation.operands.count == 1 else {
      throw Failure.usage("'blame' needs one file", hint: verb.usage)
    }
    let reader = try invocation.session().read()
    let root = try Review.root(invocation.arguments.text("root"), of: reader.roots)
    let files = try Review.open(root)
    let path = try Selecting.path(word, root.path, invocation)
    let blame: Blame
    do { blame = try Blame(reader, root: root, path: path, lower: files.borrowed) } catch let
      failure as Blame.Failure
    {
      throw Failure(failure.description)
    }
    let steps = Dictionary(uniqueKeysWithValues: try reader.steps().map { ($0.id, $0) })
    if invocation.wantsJSON {
      let value: JSON = ["path": JSON(path), "lines": .array(blame.lines.map { json($0, steps) })]
      try invocation.output.line(value.prettyText)
    } else {
      try invocation.page()
      try show(blame, steps, invocation.output)
    }
    return ExitCode.done
  }

  private static func json(_ line: Blame.Line, _ steps: [StepID: Step]) -> JSON {
    [
      "step": JSON.optional(line.step) { .int($0.rawValue) },
      "command": .array((line.step.flatMap { steps[$0] }?.command ?? []).map { JSON($0) }),
      "text": JSON(ByteString(line.text)),
    ]
  }

  private static func show(_ blame: Blame, _ steps: [StepID: Step], _ output: Output) throws {
    let heads = blame.lines.map { line in line.step.flatMap { steps[$0] }.map(head) ?? "" }
    let width = heads.map(\.count).max() ?? 0
    let digits = String(blame.lines.count).count
    let isTerminal = Descriptor.standardOutput.isTerminal
    for (index, line) in blame.lines.enumerated() {
      let head = heads[index] + String(repeating: " ", count: width - heads[index].count)
      let number = String(index + 1)
      let padded = String(repeating: " ", count: digits - number.count) + number
      try output.write("\(output.style.yellow(head)) \(padded)) ")
      let text = isTerminal ? Array(ByteString(line.text).printable.utf8) : line.text
      try output.write(text + [0x0A])
    }
  }

  /// "7 2026-11-21 13:42:27 npm run format", the command cut to fit.
  private static func head(_ step: Step) -> String {
    let command = step.command.map(Words.quoted).joined(separator: " ")
    let told = command.isEmpty ? step.word : command
    let short = told.count > 28 ? told.prefix(25) + "..." : told[...]
    return "\(step.id.rawValue) \(Amounts.time(step.began)) \(short)"
  }
}
