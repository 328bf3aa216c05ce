import Linux

extension Plan {
  /// What the plan does that a git patch can't say, a sentence each.
  package var notes: [String] { changes.flatMap(Self.notes) }

  private static func notes(of change: Change) -> [String] {
    let name = "'\(change.path.printable)'"
    guard let facts = change.new else {
      guard let old = change.old, !old.isTracked else { return [] }
      return ["deleted \(old.kind.words) '\((change.origin ?? change.path).printable)'"]
    }
    var notes: [String] = []
    if !facts.isTracked {
      switch change.kind {
      case .added: notes.append("new \(facts.kind.words) \(name), mode \(facts.octalMode)")
      case .renamed:
        notes.append(
          "renamed \(facts.kind.words) '\(change.origin?.printable ?? "")' to \(name)")
      case .modified, .deleted: break
      }
    }
    if let count = change.nameCount {
      notes.append("\(name) has \(count) names in the project: those that stay change with it")
    }
    if change.isNameless { notes.append("further names of deleted \(name) change with it") }
    if let link = change.linkedTo { notes.append("hard link \(name) of '\(link.printable)'") }
    return notes + attributeNotes(of: change, facts, name)
  }

  private static func attributeNotes(of change: Change, _ facts: Facts, _ name: String)
    -> [String]
  {
    var notes: [String] = []
    let isGitMode = facts.kind == .regular && [0o644, 0o755].contains(facts.permissions)
    if let old = change.old, change.differences.contains(.permissions) {
      let isOldGitMode = [0o644, 0o755].contains(old.permissions)
      if !isGitMode || !isOldGitMode {
        notes.append("mode of \(name): \(old.octalMode) to \(facts.octalMode)")
      }
    } else if change.kind == .added, facts.kind == .regular, !isGitMode {
      notes.append("mode of \(name): \(facts.octalMode)")
    }
    if let old = change.old, change.differences.contains(.owner) {
      notes.append(
        "owner of \(name): \(old.owner):\(old.group) to \(facts.owner):\(facts.group)")
    }
    if change.differences.contains(.attributes) || (change.old == nil && facts.hasAttributes) {
      let names = (facts.attributes ?? [:]).keys.sorted().map(\.printable)
      notes.append(
        "extended attributes of \(name): "
          + (names.isEmpty ? "none" : names.joined(separator: ", ")))
    }
    return notes
  }
}

extension Change {
  /// In what the two sides differ apart from content, a line each.
  package var attributeWords: [String] {
    guard let old, let new else { return [] }
    var words: [String] = []
    if differences.contains(.permissions) {
      words.append("mode \(old.octalMode) to \(new.octalMode)")
    }
    if differences.contains(.owner) {
      words.append("owner \(old.owner):\(old.group) to \(new.owner):\(new.group)")
    }
    if differences.contains(.attributes) {
      let (before, after) = (old.attributes ?? [:], new.attributes ?? [:])
      for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
        let what = after[name] == nil ? "goes" : before[name] == nil ? "comes" : "changes"
        words.append("extended attribute '\(name.printable)' \(what)")
      }
    }
    return words
  }
}

extension Facts {
  /// The permission bits as people write them.
  package var octalMode: String {
    let digits = String(permissions, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  fileprivate var hasAttributes: Bool { !(attributes ?? [:]).isEmpty }
}

extension FileKind {
  /// What people call it.
  package var words: String {
    switch self {
    case .regular: "file"
    case .directory: "directory"
    case .symlink: "symlink"
    case .fifo: "FIFO"
    case .socket: "socket"
    case .characterDevice: "character device"
    case .blockDevice: "block device"
    }
  }
}
