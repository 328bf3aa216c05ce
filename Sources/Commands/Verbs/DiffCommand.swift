import Changes
import Linux
import Sessions
import Store

/// `cowbox diff`: what exactly changed.
enum DiffCommand {
  static let verb = Verb(
    "diff", .review, "show what exactly changed", operands: Selecting.operands,
    options: Selecting.options + Rendering.options + [
      Invocation.json,
      Option("html", value: "FILE", "as one page for a browser, which needs nothing else"),
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

      On a terminal more than eight changes in a directory that the project ignores, or that tools
      fill (node_modules and its like), become one line with their count; deletions, renames and
      what holds a risk are always shown. COWBOX_PAGER, PAGER, or less show what is longer than the
      screen, and what a terminal would obey is shown instead of sent.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let arguments = invocation.arguments
    let rendering = try Rendering(invocation)
    let session = try invocation.session()
    let review = try review(of: session.read(), arguments)
    let plan = try Selecting.part(of: review.plan, for: .showing, review.reader, invocation)
    if arguments.has("id") {
      try invocation.output.line(review.plan.id(review.contents))
    } else if let file = arguments.bytes("html") {
      try writePage(
        plan, review, rendering, to: file, "\(session.name) in \(session.project.printable)")
    } else {
      if !arguments.has("no-pager") { try invocation.output.page() }
      let output = invocation.output
      let sink = TextSink { bytes in try output.write(bytes) }
      if arguments.has("json") {
        try JSONText(plan, review.contents).write(to: sink)
      } else {
        try rendering.write(plan, review.contents, to: sink, invocation)
      }
      try sink.finish()
    }
    return arguments.has("exit-code") && !plan.isEmpty ? ExitCode.failed : ExitCode.done
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

  /// Writes the page beside its place, then into it: whoever looks never sees half of it.
  private static func writePage(
    _ plan: Plan, _ review: Review, _ rendering: Rendering, to file: ByteString, _ title: String
  ) throws {
    let found = try plan.files(review.contents, finding: rendering.search)
    let page = HTMLPage(plan, review.contents, options: rendering.options, title: title)
    let beside = ByteString(file.bytes + Array(".new".utf8))
    let made = try attempt("make", beside) { () throws(Errno) in
      try Descriptor.currentDirectory.open(beside, [.writeOnly, .create, .truncate], mode: 0o644)
    }
    let sink = TextSink(made.borrowed)
    try page.write(found.files, to: sink)
    try sink.finish()
    try attempt("put the page in its place", file) { () throws(Errno) in
      try Descriptor.currentDirectory.rename(beside, to: .currentDirectory, file)
    }
  }
}
