import Linux

/// The plan as lists of names: git's --name-only, --name-status and --numstat.
package struct NameLists {
  /// Which list.
  package enum Form: Sendable {
    case nameOnly, nameStatus, lineCounts
  }

  private let plan: Plan
  private let contents: ContentReader
  private let isNULTerminated: Bool
  private let options: DiffOptions

  /// The lists of a plan; `isNULTerminated` is git's -z: names as they are, ended by NUL.
  package init(
    _ plan: Plan, _ contents: ContentReader, options: DiffOptions = DiffOptions(),
    isNULTerminated: Bool = false
  ) {
    self.options = options
    self.plan = plan
    self.contents = contents
    self.isNULTerminated = isNULTerminated
  }

  /// Writes a list; `files` are those of the plan where renames were looked for.
  package func write(_ form: Form, _ files: [FileChange]? = nil, to sink: TextSink) throws {
    let retyped = plan.retypedPaths
    func write(_ file: FileChange) throws {
      switch form {
      case .nameOnly: try self.write([], [file.path], to: sink)
      case .nameStatus: try writeStatus(file, retyped, to: sink)
      case .lineCounts: try writeCounts(file, to: sink)
      }
    }
    if let files {
      for file in files { try write(file) }
    } else {
      try plan.forEachFile(contents, write)
    }
    guard form != .lineCounts else { return }
    for change in plan.changes where !(change.new ?? change.old).map(\.isTracked, or: true) {
      try writeUntracked(change, form, to: sink)
    }
  }

  private func writeStatus(_ file: FileChange, _ retyped: Set<ByteString>, to sink: TextSink)
    throws
  {
    switch (file.oldPath, file.newPath) {
    case (let old?, let new?) where old != new:
      let percent = String(try file.similarity(contents))
      let padded = String(repeating: "0", count: 3 - percent.count) + percent
      try write(["R\(padded)"], [old, new], to: sink)
    case (nil, let new?):
      try write([retyped.contains(new) ? "T" : "A"], [new], to: sink)
    case (let old?, nil):
      if !retyped.contains(old) { try write(["D"], [old], to: sink) }
    default: try write(["M"], [file.path], to: sink)
    }
  }

  private func writeCounts(_ file: FileChange, to sink: TextSink) throws {
    let count = try LineCount(file, contents, options)
    if count.isNothing(in: file) { return }
    let fields = count.isBinary ? ["-", "-"] : [String(count.added), String(count.deleted)]
    if file.isRename, isNULTerminated, let old = file.oldPath, let new = file.newPath {
      try sink.write(fields.joined(separator: "\t") + "\t\0")
      try sink.write(old.bytes + [0] + new.bytes + [0])
    } else if isNULTerminated {
      try sink.write(fields.joined(separator: "\t") + "\t")
      try sink.write(file.path.bytes + [0])
    } else {
      try sink.write(fields.joined(separator: "\t") + "\t\(file.statName)\n")
    }
  }

  /// Directories and special files, which git does not list: directories end with a slash.
  private func writeUntracked(_ change: Change, _ form: NameLists.Form, to sink: TextSink) throws {
    guard let facts = change.new ?? change.old else { return }
    // What came or went with its files is told by them.
    if facts.kind == .directory, change.kind == .deleted,
      change.below.contains(where: \.facts.isTracked)
    {
      return
    }
    let mark = facts.kind == .directory ? "/" : ""
    let names = [change.kind == .renamed ? change.origin : nil, change.path].compactMap { $0 }
      .map { ByteString($0.bytes + mark.utf8) }
    let letters: [Change.Kind: String] = [
      .added: "A", .deleted: "D", .modified: "M", .renamed: "R100",
    ]
    let isList = form == .nameOnly
    try write(
      isList ? [] : [letters[change.kind] ?? "M"], isList ? names.suffix(1) : names, to: sink)
  }

  private func write(_ fields: [String], _ names: [ByteString], to sink: TextSink) throws {
    if isNULTerminated {
      for field in fields { try sink.write(field + "\0") }
      for name in names { try sink.write(name.bytes + [0]) }
    } else {
      let words = fields + names.map(\.gitQuoted)
      try sink.write(words.joined(separator: "\t") + "\n")
    }
  }
}

extension Plan {
  /// The paths where a file took a symlink's place, or a symlink a file's.
  var retypedPaths: Set<ByteString> {
    let deleted = changes.filter { $0.kind == .deleted && $0.old?.isTracked == true }
    let paths = Set(deleted.compactMap(\.origin))
    return Set(
      changes.filter { $0.kind == .added && $0.new?.isTracked == true }.map(\.path)
    ).intersection(paths)
  }
}

extension Optional {
  fileprivate func map<Value>(_ value: (Wrapped) -> Value, or otherwise: Value) -> Value {
    self.map(value) ?? otherwise
  }
}
