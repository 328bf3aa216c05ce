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

  /// Writes a line for each; `files` are those of the plan where renames were looked for.
  package func write(_ files: [FileChange]? = nil, to sink: TextSink) throws {
    if let files {
      for file in files { try write(file, to: sink) }
    } else {
      try plan.forEachFile(contents) { try write($0, to: sink) }
    }
    for note in plan.notes { try sink.write(" \(note)\n") }
  }

  private func write(_ file: FileChange, to sink: TextSink) throws {
    switch (file.old?.gitMode, file.new?.gitMode) {
    case (nil, let mode?): try sink.write(" create mode \(mode) \(file.path.gitQuoted)\n")
    case (let mode?, nil): try sink.write(" delete mode \(mode) \(file.path.gitQuoted)\n")
    case (let before?, let after?):
      if file.isRename {
        try sink.write(" rename \(file.statName) (\(try file.similarity(contents))%)\n")
      }
      if before != after {
        let name = file.isRename ? "" : " \(file.path.gitQuoted)"
        try sink.write(" mode change \(before) => \(after)\(name)\n")
      }
    default: break
    }
  }
}
