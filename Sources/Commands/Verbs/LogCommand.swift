import Changes
import Linux
import Sessions
import Store

/// `cowbox log`: what happened in a session, step by step.
enum LogCommand {
  static let verb = Verb(
    "log", .time, "show what happened, step by step", operands: .any("[PATH...]"),
    options: [
      Option("number", short: "n", value: "N", "only the last N steps"),
      Option("stat", "with the files that each step changed"),
      Option("patch", short: "p", "with each step's changes as a patch"),
      Option("all", short: "a", "also boundaries at which nothing had changed"),
      Pager.option, Review.option, Invocation.json,
    ],
    details: """
      The newest step comes first. The graph at the left shows where an undo went back: what was
      undone stays at its side, and 'cowbox restore STEP' brings it back. Behind each step stand its
      command, how it ended, how many paths and lines it changed, and the snapshots and branches
      made there. With a PATH only the steps that changed it are shown, and what they did to it.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let arguments = invocation.arguments
    let number = try arguments.number("number", in: 0...1_000_000)
    let session = try invocation.session()
    let reader = try session.read()
    var log = try StepLog(
      reader, root: arguments.text("root"), branches: branches(of: session, invocation),
      refusals: session.refusals())
    if !invocation.operands.isEmpty { try log.select(invocation) }
    if !arguments.has("all") { log.hideIdleMarks() }
    log.limit(to: number)
    if invocation.wantsJSON {
      let value: JSON = [
        "session": .string(session.name.text), "steps": .array(try log.entries.map(log.json)),
      ]
      try invocation.output.line(value.prettyText)
    } else {
      try invocation.page()
      try show(log, invocation)
    }
    return ExitCode.done
  }

  /// The sessions that were branched from this one, by the step at which they began.
  private static func branches(of session: borrowing StoredSession, _ invocation: Invocation) throws
    -> [StepID: [String]]
  {
    let catalogue = try invocation.catalogue()
    var found: [StepID: [String]] = [:]
    for (name, step) in try catalogue?.branches(of: session.item) ?? [] {
      found[step, default: []].append(name.text)
    }
    return found
  }

  private static func show(_ log: StepLog, _ invocation: Invocation) throws {
    let output = invocation.output
    var graph = StepGraph(log.entries.map { ($0.step.id, $0.parent) })
    for entry in log.entries.reversed() {
      let lines = graph.next(marked: entry.mark)
      try output.line(lines.node + "  " + log.line(entry, output.style))
      let details = try details(of: entry, log, invocation)
      if details.isEmpty {
        if let joint = lines.joint { try output.line(joint) }
        continue
      }
      for line in details.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
        try output.write(Array((lines.beside + "  ").utf8) + line + [0x0A])
      }
      try output.line(lines.joint ?? lines.beside)
    }
  }

  /// What was refused to a step's command, and what --stat and --patch show of it.
  private static func details(of entry: StepLog.Entry, _ log: StepLog, _ invocation: Invocation)
    throws -> [UInt8]
  {
    var bytes = entry.refusals.flatMap { Array("\(RefusalReport.line($0))\n".utf8) }
    guard let plan = entry.plan, !plan.isEmpty else { return bytes }
    let sink = TextSink { bytes += $0 }
    let style = RenderingStyle(
      isColored: invocation.output.style.isOn, isEscaped: Descriptor.standardOutput.isTerminal)
    let contents = try log.contents()
    let files = try plan.files(contents, finding: RenameSearch()).files
    if invocation.arguments.has("stat") {
      try StatText(plan, contents, style: style).write(files, to: sink)
    }
    if invocation.arguments.has("patch") {
      try PatchText(plan, contents, style: style).write(files, to: sink)
    }
    try sink.finish()
    return bytes
  }
}
