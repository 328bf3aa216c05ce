import Linux

/// The plan as a patch that `git apply` accepts.
///
/// What git does not keep (empty directories, special files, owners, further mode bits, extended
/// attributes) stands behind the patch in lines that begin with "# ", which git passes over.
package struct PatchText {
  private let plan: Plan
  private let contents: ContentReader
  private let options: DiffOptions
  private let style: RenderingStyle

  /// The patch of a plan.
  package init(
    _ plan: Plan, _ contents: ContentReader, options: DiffOptions = DiffOptions(),
    style: RenderingStyle = RenderingStyle()
  ) {
    self.plan = plan
    self.contents = contents
    self.options = options
    self.style = style
  }

  /// Writes the whole patch.
  package func write(to sink: TextSink) throws {
    try plan.forEachFile(contents) { try write($0, to: sink) }
    for note in plan.notes {
      try sink.write(style.paint("# \(note)\n", .note))
    }
  }

  /// Writes the patch of one file.
  package func write(_ file: FileChange, to sink: TextSink) throws {
    let diff = try FileDiff(file, contents, options)
    var header = Self.firstLines(file)
    if file.isRename { header += Self.renameLines(file, diff) }
    let isBinary = diff.isBinary
    if case .same = diff, !file.isEmptyAppearance {
    } else {
      header += try indexLine(file, isFull: isBinary)
    }
    try sink.write(style.paint(header, .header))
    switch diff {
    case .same: break
    case .large: try writeLarge(file, to: sink)
    case .text(let diff) where diff.isBinary: try Self.writeBinary(diff, to: sink)
    case .text(let diff): try writeText(file, diff, to: sink)
    }
  }

  private static func firstLines(_ file: FileChange) -> String {
    let (old, new) = (file.oldPath ?? file.path, file.newPath ?? file.path)
    var text = "diff --git \(old.gitQuoted(prefix: "a/")) \(new.gitQuoted(prefix: "b/"))\n"
    switch (file.old?.gitMode, file.new?.gitMode) {
    case (nil, let mode?): text += "new file mode \(mode)\n"
    case (let mode?, nil): text += "deleted file mode \(mode)\n"
    case (let before?, let after?) where before != after:
      text += "old mode \(before)\nnew mode \(after)\n"
    default: break
    }
    return text
  }

  private static func renameLines(_ file: FileChange, _ diff: FileDiff) -> String {
    guard let old = file.oldPath, let new = file.newPath else { return "" }
    return "similarity index \(file.similarity(diff))%\nrename from \(old.gitQuoted)\n"
      + "rename to \(new.gitQuoted)\n"
  }

  private func indexLine(_ file: FileChange, isFull: Bool) throws -> String {
    let none = String(repeating: "0", count: 40)
    let old =
      file.oldPath == nil ? none : try contents.blobName(file.oldContent, size: file.oldSize)
    let new =
      file.newPath == nil ? none : try contents.blobName(file.newContent, size: file.newSize)
    let length = isFull ? 40 : 7
    var line = "index \(old.prefix(length))..\(new.prefix(length))"
    if let mode = file.old?.gitMode, mode == file.new?.gitMode { line += " \(mode)" }
    return line + "\n"
  }

  private func writeText(_ file: FileChange, _ diff: TextDiff, to sink: TextSink) throws {
    guard !diff.hunks.isEmpty else { return }
    let old = file.oldPath.map { Self.name($0, "a/") } ?? "/dev/null"
    let new = file.newPath.map { Self.name($0, "b/") } ?? "/dev/null"
    try sink.write(style.paint("--- \(old)\n", .header))
    try sink.write(style.paint("+++ \(new)\n", .header))
    for hunk in diff.hunks { try write(hunk, to: sink) }
  }

  /// A name with a space in it is ended by a tab, so that patch(1) finds its end.
  private static func name(_ path: ByteString, _ prefix: String) -> String {
    path.gitQuoted(prefix: prefix) + (path.bytes.contains(0x20) ? "\t" : "")
  }

  private func write(_ hunk: Hunk, to sink: TextSink) throws {
    try sink.write(style.paint(style.shown(hunk.header), .hunk))
    for line in hunk.lines {
      switch line.mark {
      case 0x2B: try sink.write(style.paint([0x2B] + style.shown(line.bytes), .added))
      case 0x2D: try sink.write(style.paint([0x2D] + style.shown(line.bytes), .deleted))
      case 0x5C: try sink.write(line.bytes)
      default: try sink.write([0x20] + style.shown(line.bytes))
      }
    }
  }

  private static func writeBinary(_ diff: TextDiff, to sink: TextSink) throws {
    guard let forward = diff.forward, let backward = diff.backward else { return }
    try sink.write("GIT binary patch\n")
    for half in [forward, backward] {
      try sink.write("\(half.isDelta ? "delta" : "literal") \(half.size)\n")
      var patch = BinaryPatch(sink)
      try patch.add(half.deflated)
      try patch.finish()
    }
  }

  private func writeLarge(_ file: FileChange, to sink: TextSink) throws {
    try sink.write("GIT binary patch\n")
    try BinaryPatch.writeLiteral(
      contents.open(file.newContent, size: file.newSize), to: sink)
    try BinaryPatch.writeLiteral(
      contents.open(file.oldContent, size: file.oldSize), to: sink)
  }
}

extension FileDiff {
  var isBinary: Bool {
    switch self {
    case .same: false
    case .large: true
    case .text(let diff): diff.isBinary
    }
  }
}

extension FileChange {
  /// Whether an empty file came or went: git writes an index line for it all the same.
  var isEmptyAppearance: Bool { oldPath == nil || newPath == nil }

  /// How much of a renamed file stayed, in percent.
  func similarity(_ diff: FileDiff) -> Int {
    switch diff {
    case .same: return 100
    case .large: return 0
    case .text(let diff):
      let lost = diff.hunks.flatMap(\.lines).filter { $0.mark == 0x2D }
        .reduce(0) { $0 + $1.bytes.count }
      let most = max(oldSize, newSize)
      guard !diff.isBinary, most > 0 else { return 50 }
      return min(99, max(0, Int((oldSize - Int64(lost)) * 100 / most)))
    }
  }
}
