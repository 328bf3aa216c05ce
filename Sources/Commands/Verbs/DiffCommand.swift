import Changes
import Linux
import Sessions
import Store

/// `cowbox diff`: what exactly changed.
enum DiffCommand {
  static let verb = Verb(
    "diff", .review, "show what exactly changed", operands: Selecting.operands,
    options: Selecting.options + [
      Option("stat", "a line for each file, with its count of lines"),
      Option("name-status", "names, with a letter for what happened"),
      Option("name-only", "names"),
      Option("numstat", "counts of lines, for programs"),
      Option("summary", "what came, went, and changed its name or mode"),
      Option("null", short: "z", "end names with NUL instead of quoting them"),
      Invocation.json,
      Option("unified", short: "U", value: "N", "lines of context, 3 by itself"),
      Option("ignore-all-space", short: "w", "compare without white space"),
      Option("exit-code", "end with 1 when there are changes"),
      Option("id", "only the id of the difference, for 'apply --diff'"),
      Option("at", value: "STEP", "as the session was at a step or snapshot"),
      Option("from", value: "STEP", "what changed in the session since a step or snapshot"),
      Option("to", value: "STEP", "with --from: only until that step or snapshot"),
      Review.option,
    ],
    details: """
      The patch is as git writes it, and 'git apply' takes it. What git does not keep (empty
      directories, owners, extended attributes) stands behind it in lines that begin with '# '.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let arguments = invocation.arguments
    let review = try review(of: invocation.session().read(), arguments)
    let output = invocation.output
    let sink = TextSink { bytes in try output.write(bytes) }
    try write(review, to: sink, invocation)
    try sink.finish()
    let hasChanges = !review.plan.isEmpty
    return arguments.has("exit-code") && hasChanges ? ExitCode.failed : ExitCode.done
  }

  /// Against the project, or against an earlier step of the session itself.
  private static func review(of reader: SessionReader, _ arguments: Arguments) throws -> Review {
    let root = try arguments.text("root")
    func step(_ option: String) throws -> StepID? {
      try arguments.text(option).map(reader.step(named:))
    }
    guard let from = try step("from") else {
      return try Review(reader: reader, root: root, at: step("to") ?? step("at"))
    }
    return try Review(reader: reader, root: root, from: from, to: step("to"))
  }

  private static func write(_ review: Review, to sink: TextSink, _ invocation: Invocation) throws {
    let arguments = invocation.arguments
    let contents = review.contents
    let plan = try Selecting.part(of: review.plan, for: .showing, invocation)
    let style = RenderingStyle(
      isColored: invocation.output.style.isOn, isEscaped: Descriptor.standardOutput.isTerminal)
    if arguments.has("id") {
      try invocation.output.line(review.plan.id(contents))
    } else if arguments.has("json") {
      try JSONText(plan, contents).write(to: sink)
    } else if let form = listForm(arguments) {
      try NameLists(plan, contents, isNULTerminated: arguments.has("null")).write(form, to: sink)
    } else if arguments.has("stat") || arguments.has("summary") {
      if arguments.has("stat") {
        try StatText(plan, contents, width: width, style: style).write(to: sink)
      }
      if arguments.has("summary") { try SummaryText(plan, contents).write(to: sink) }
    } else {
      var options = DiffOptions()
      options.contextLines = try arguments.number("unified", in: 0...1_000_000) ?? 3
      options.ignoresAllSpace = arguments.has("ignore-all-space")
      try PatchText(plan, contents, options: options, style: style).write(to: sink)
    }
  }

  private static func listForm(_ arguments: Arguments) -> NameLists.Form? {
    if arguments.has("name-status") { return .nameStatus }
    if arguments.has("name-only") { return .nameOnly }
    return arguments.has("numstat") ? .lineCounts : nil
  }

  /// As wide as the terminal; 80 where there is none.
  private static var width: Int {
    // What is no terminal has no size.
    guard let size = try? Descriptor.standardOutput.windowSize(), size.columns > 0 else {
      return 80
    }
    return Int(size.columns)
  }
}
