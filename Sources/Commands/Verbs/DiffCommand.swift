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

      On a terminal and in a page more than eight changes in a directory that the project ignores, or
      that tools fill (node_modules and its like), become one line with their count; deletions,
      renames and what holds a risk are always shown. COWBOX_PAGER, PAGER, or less show what is
      longer than the screen, and what a terminal would obey is shown instead of sent.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let arguments = invocation.arguments
    let rendering = try Rendering(invocation)
    if arguments.has("reverse"),
      let form = ["json", "html", "id"].first(where: { arguments.has($0) })
    {
      throw Failure.usage("'--\(form)' tells what changed, not what takes it back")
    }
    let session = try invocation.session()
    let title = "\(session.name) in \(session.project.printable)"
    let isText = !arguments.has("id") && !arguments.has("html")
    if isText { try invocation.page() }
    let plan = try StillPicture.take(of: session, invocation) { reader, write in
      let review = try review(of: reader, arguments)
      let plan = try Selecting.part(of: review.plan, for: .showing, review.reader, invocation)
      if let file = arguments.bytes("html") {
        try writePage(plan, review, rendering, to: file, title)
      } else {
        try show(plan, review, rendering, to: TextSink(write), invocation)
      }
      return (plan, review.contents)
    }
    return arguments.has("exit-code") && !plan.isEmpty ? ExitCode.failed : ExitCode.done
  }

  private static func show(
    _ plan: Plan, _ review: Review, _ rendering: Rendering, to sink: TextSink,
    _ invocation: Invocation
  ) throws {
    if invocation.arguments.has("id") {
      try sink.write(review.plan.id(review.contents) + "\n")
    } else if invocation.wantsJSON {
      try JSONText(plan, review.contents).write(to: sink)
    } else {
      try rendering.write(plan, review.contents, to: sink, invocation)
    }
    try sink.finish()
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
    let folding = rendering.foldsPages ? try Rendering.fold(plan, review.contents) : nil
    let shown = folding?.plan ?? plan
    let found = try shown.files(review.contents, finding: rendering.search)
    let page = HTMLPage(
      shown, review.contents, options: rendering.options, title: title,
      id: try plan.id(review.contents))
    let beside = ByteString(file.bytes + Array(".new".utf8))
    let made = try attempt("make", beside) { () throws(Errno) in
      try Descriptor.currentDirectory.open(beside, [.writeOnly, .create, .truncate], mode: 0o644)
    }
    let sink = TextSink(made.borrowed)
    try page.write(
      found.files, notes: (folding?.folds ?? []).map(Rendering.words(of:)), to: sink)
    try sink.finish()
    try attempt("put the page in its place", file) { () throws(Errno) in
      try Descriptor.currentDirectory.rename(beside, to: .currentDirectory, file)
    }
  }
}
