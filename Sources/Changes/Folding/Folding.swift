import Linux

/// Directories full of what was ignored or generated, each as one line: what a person reads stays
/// short, and nothing is left out without being counted.
package struct Folding: Sendable {
  /// What became one line.
  package struct Fold: Sendable {
    package let directory: ByteString
    /// Whether the project's own rules say so, or the name alone.
    package let isIgnored: Bool
    package fileprivate(set) var added = 0
    package fileprivate(set) var modified = 0
    package fileprivate(set) var byteCount: Int64 = 0

    /// "120 files added, 3 changed, 46137344 bytes".
    package var words: String {
      var parts: [String] = []
      if added > 0 { parts.append("\(added) file\(added == 1 ? "" : "s") added") }
      if modified > 0 {
        parts.append(added > 0 ? "\(modified) changed" : "\(modified) files changed")
      }
      return (parts + ["\(byteCount) bytes"]).joined(separator: ", ")
    }
  }

  /// Up to so many changes of one directory are shown one by one.
  package static let fewest = 8

  /// Directories that tools fill, wherever they are and whether or not they are ignored.
  private static let generated: Set<ByteString> = [
    "node_modules", "__pycache__", ".venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".gradle", ".next", ".nuxt", ".parcel-cache", ".terraform", ".dart_tool",
    ".eggs", "bower_components", ".bundle",
  ]

  /// What is left to be shown.
  package let plan: Plan
  /// In the order of paths.
  package let folds: [Fold]

  /// Folds a plan by the rules of the project as it is on the host: a session can't hide what it
  /// made by a rule of its own.
  ///
  /// Deletions, renames and what holds a risk are never folded.
  package init(_ plan: Plan, _ rules: IgnoreRules) throws {
    var groups: [ByteString: [Int]] = [:]
    var ignored: Set<ByteString> = []
    for (index, change) in plan.changes.enumerated() where Self.canHide(change) {
      if let directory = try rules.ignoredDirectory(above: change.path) {
        ignored.insert(directory)
        groups[directory, default: []].append(index)
      } else if let directory = Self.generatedDirectory(above: change.path) {
        groups[directory, default: []].append(index)
      }
    }
    groups = groups.filter { $0.value.count > Self.fewest }
    let hidden = Set(groups.values.joined())
    folds = groups.keys.sorted().map { directory in
      Self.fold(
        directory, isIgnored: ignored.contains(directory),
        (groups[directory] ?? []).map { plan.changes[$0] })
    }
    var shown = plan
    shown.changes = plan.changes.indices.filter { !hidden.contains($0) }.map { plan.changes[$0] }
    shown.isWhole = plan.isWhole && hidden.isEmpty
    self.plan = shown
  }

  private static func canHide(_ change: Change) -> Bool {
    (change.kind == .added || change.kind == .modified) && Risk.all(in: change).isEmpty
  }

  private static func generatedDirectory(above path: ByteString) -> ByteString? {
    var above = ByteString([])
    for part in path.components.dropLast() {
      let isObjects = above.lastComponent == ".git" && part == "objects"
      above = above.appending(part)
      if isObjects || generated.contains(part) { return above }
    }
    return nil
  }

  private static func fold(_ directory: ByteString, isIgnored: Bool, _ changes: [Change]) -> Fold {
    var fold = Fold(directory: directory, isIgnored: isIgnored)
    for change in changes where change.fileKind != .directory {
      if change.kind == .added { fold.added += 1 } else { fold.modified += 1 }
      if let new = change.new, new.kind == .regular { fold.byteCount += new.size }
    }
    return fold
  }
}
