import Linux

/// The plan as git's --summary: what came, what went, what changed its name or mode.
package struct SummaryText {
  private let plan: Plan
  private let contents: ContentReader

  /// The summary of a plan.
  package init(_ plan: Plan, _ contents: ContentReader) {
    self.plan = plan
    self.contents = contents
  }

  /// Writes a line for each.
  package func write(to sink: TextSink) throws {
    try plan.forEachFile(contents) { file in
      switch (file.old?.gitMode, file.new?.gitMode) {
      case (nil, let mode?): try sink.write(" create mode \(mode) \(file.path.gitQuoted)\n")
      case (let mode?, nil): try sink.write(" delete mode \(mode) \(file.path.gitQuoted)\n")
      case (let before?, let after?):
        if file.isRename {
          let diff = try FileDiff(file, contents, DiffOptions())
          try sink.write(" rename \(file.statName) (\(file.similarity(diff))%)\n")
        }
        if before != after {
          let name = file.isRename ? "" : " \(file.path.gitQuoted)"
          try sink.write(" mode change \(before) => \(after)\(name)\n")
        }
      default: break
      }
    }
    for note in plan.notes { try sink.write(" \(note)\n") }
  }
}
