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
  private let words: WordMarks?

  /// The patch of a plan; with `words` it is for people alone.
  package init(
    _ plan: Plan, _ contents: ContentReader, options: DiffOptions = DiffOptions(),
    style: RenderingStyle = RenderingStyle(), words: WordMarks? = nil
  ) {
    self.plan = plan
    self.words = words
    self.contents = contents
    self.options = options
    self.style = style
  }

  /// Writes the whole patch; `files` are those of the plan where renames were looked for.
  package func write(_ files: [FileChange]? = nil, to sink: TextSink) throws {
    var all = files ?? []
    if files == nil { try plan.forEachFile(contents) { all.append($0) } }
    let replaced = Self.replacedLinks(all)
    for file in all {
      let isReplaced = file.oldPath.map(replaced.contains) ?? false
      try write(file, leavesToDirectory: isReplaced, to: sink)
    }
    for note in plan.notes {
      try sink.write(style.paint("# \(note)\n", .note))
    }
  }

  /// The renamed symlinks in whose place a directory comes.
  private static func replacedLinks(_ files: [FileChange]) -> Set<ByteString> {
    let links = Set(
      files.filter { $0.isRename && $0.old?.kind == .symlink }.compactMap(\.oldPath))
    if links.isEmpty { return [] }
    var found: Set<ByteString> = []
    for case var path? in files.map(\.newPath) {
      while !path.isEmpty {
        path = path.parent
        if links.contains(path) { found.insert(path) }
      }
    }
    return found
  }

  /// Writes the patch of one file.
  ///
  /// That a symlink leaves git must be told by the mode of a line that needs not be there else, or
  /// it thinks that what comes below is behind the symlink.
  private func write(_ file: FileChange, leavesToDirectory isLeaving: Bool, to sink: TextSink)
    throws
  {
    let diff = try FileDiff(file, contents, options)
    // Lines that differ in ignored white space alone are no difference.
    if case .text(let text) = diff, !text.isBinary, text.hunks.isEmpty, file.isOnlyContent {
      return
    }
    var header = firstLines(file)
    if file.isRename { header += try renameLines(file) }
    let isBinary = diff.isBinary
    if case .same = diff, !file.isEmptyAppearance, !isLeaving {
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

  private func firstLines(_ file: FileChange) -> String {
    let (old, new) = (file.oldPath ?? file.path, file.newPath ?? file.path)
    // Of a name that ends in a space before a slash git does not find where it ends, where no line
    // of "---" and "+++" tells: its own patches of such files it does not apply.
    let isUnclear = [old, new].contains {
      $0.components.dropLast().contains { $0.bytes.last == 0x20 }
    }
    var text =
      "diff --git \(old.gitQuoted(prefix: options.oldPrefix, evenIfPlain: isUnclear)) "
      + "\(new.gitQuoted(prefix: options.newPrefix, evenIfPlain: isUnclear))\n"
    switch (file.old?.gitMode, file.new?.gitMode) {
    case (nil, let mode?): text += "new file mode \(mode)\n"
    case (let mode?, nil): text += "deleted file mode \(mode)\n"
    case (let before?, let after?) where before != after:
      text += "old mode \(before)\nnew mode \(after)\n"
    default: break
    }
    return text
  }

  private func renameLines(_ file: FileChange) throws -> String {
    guard let old = file.oldPath, let new = file.newPath else { return "" }
    return "similarity index \(try file.similarity(contents))%\nrename from \(old.gitQuoted)\n"
      + "rename to \(new.gitQuoted)\n"
  }

  private func indexLine(_ file: FileChange, isFull: Bool) throws -> String {
    let none = String(repeating: "0", count: 40)
    let old =
      file.oldPath == nil ? none : try contents.blobName(file.oldContent, size: file.oldSize)
    let new =
      file.newPath == nil ? none : try contents.blobName(file.newContent, size: file.newSize)
    let length = isFull || options.isFullIndex ? 40 : 7
    var line = "index \(old.prefix(length))..\(new.prefix(length))"
    if let mode = file.old?.gitMode, mode == file.new?.gitMode { line += " \(mode)" }
    return line + "\n"
  }

  private func writeText(_ file: FileChange, _ diff: TextDiff, to sink: TextSink) throws {
    guard !diff.hunks.isEmpty else { return }
    let old = file.oldPath.map { Self.name($0, options.oldPrefix) } ?? "/dev/null"
    let new = file.newPath.map { Self.name($0, options.newPrefix) } ?? "/dev/null"
    try sink.write(style.paint("--- \(old)\n", .header))
    try sink.write(style.paint("+++ \(new)\n", .header))
    for hunk in diff.hunks {
      guard let words else {
        try style.write(hunk, to: sink)
        continue
      }
      try sink.write(style.paint(style.shown(hunk.header), .hunk))
      try sink.write(WordDiff(hunk, words, style).text)
    }
  }

  /// A name with a space in it is ended by a tab, so that patch(1) finds its end.
  private static func name(_ path: ByteString, _ prefix: String) -> String {
    path.gitQuoted(prefix: prefix) + (path.bytes.contains(0x20) ? "\t" : "")
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

  /// Whether the content is all that may differ.
  var isOnlyContent: Bool {
    !isEmptyAppearance && !isRename && old?.gitMode == new?.gitMode
  }

  /// How much of a renamed file stayed, in percent, as git estimates it.
  func similarity(_ contents: ContentReader) throws -> Int {
    if isSameContent { return 100 }
    guard old?.kind == .regular, new?.kind == .regular,
      max(oldSize, newSize) <= FileDiff.memoryLimit
    else { return 0 }
    let old = try contents.bytes(oldContent, size: oldSize)
    let new = try contents.bytes(newContent, size: newSize)
    if old == new { return 100 }
    return Similarity(old).score(in: Similarity(new)) * 100 / Similarity.most
  }
}
