import Changes
import Linux
import Store

/// A root's changes as a commit on a new branch of the project's repository.
///
/// Neither index nor worktree, hooks nor configuration are touched or read, and no git runs: what
/// is written are loose objects and one reference. The commit stands on the one that is checked
/// out, and holds what the session changed, byte for byte, no filter applied; what the session did
/// not touch is as in that commit. Left out: new files that the project's own ignore rules name,
/// what git can't hold, anything named ".git", and changes inside submodules.
package struct SessionCommit: Sendable {
  /// Who makes the commit, when, and why.
  package struct Description: Sendable {
    package var branch: String
    package var message: String
    package var name: String
    package var email: String
    package var time: Timestamp

    /// All that a commit says; the user's own name is for the caller to find.
    package init(
      branch: String, message: String, name: String = "cowbox", email: String = "cowbox@localhost",
      time: Timestamp
    ) {
      self.branch = branch
      self.message = message
      self.name = name
      self.email = email
      self.time = time
    }
  }

  /// The commit, in 40 digits.
  package let id: String
  /// New files that the project's rules ignore.
  package let ignored: [ByteString]
  /// What no commit can hold.
  package let leftOut: [ByteString]

  /// Writes the commit and the branch.
  package static func write(
    _ reader: SessionReader, root: Root, lower: Descriptor, at step: StepID? = nil,
    as description: Description
  ) throws -> SessionCommit {
    guard GitDirectory.isBranchName(description.branch) else {
      throw GitError.badBranch(description.branch)
    }
    let repository = try GitDirectory.find(in: lower)
    let directory = try repository.objects()
    let objects = try GitObjects(directory.borrowed)
    let parent = try repository.head()
    let files = LowerTree(lower)
    let exclude = try GitDirectory.read("info/exclude", in: repository.descriptor) ?? []
    let painter = TreePainter(
      objects, try parent.map { try tree(of: $0, objects) } ?? GitTree(objects),
      ContentReader(reader: reader, lower: files), IgnoreRules(files, exclude: exclude))
    try LayerWalk(reader, root: root, at: step, lower: files) { try painter.add($0) }.run()
    let top = try painter.tree.write() ?? objects.write([], .tree)
    let commit = try objects.write(text(description, tree: top, parent: parent), .commit)
    try attempt("write the commit to the disk") { () throws(Errno) in
      let opened = try directory.borrowed.open(".", [.directory])
      try opened.borrowed.synchronizeFileSystem()
    }
    try repository.makeBranch(description.branch, at: commit)
    return SessionCommit(id: commit.text, ignored: painter.ignored, leftOut: painter.leftOut)
  }

  private static func tree(of commit: GitID, _ objects: GitObjects) throws(GitError) -> GitTree {
    let line = try objects.read(commit, .commit).prefix { $0 != 0x0A }
    guard line.starts(with: "tree ".utf8), let id = GitID(hexadecimal: Array(line.dropFirst(5)))
    else { throw .damaged("commit \(commit.text) has no tree") }
    return try GitTree(objects, id)
  }

  private static func text(_ description: Description, tree: GitID, parent: GitID?) -> [UInt8] {
    let who =
      "\(plain(description.name)) <\(plain(description.email))> \(description.time.seconds) +0000"
    var text = "tree \(tree.text)\n"
    if let parent { text += "parent \(parent.text)\n" }
    text += "author \(who)\ncommitter \(who)\n\n\(description.message)"
    return Array((text.hasSuffix("\n") ? text : text + "\n").utf8).filter { $0 != 0 }
  }

  /// A name without what would end it.
  private static func plain(_ name: String) -> String {
    let kept = name.unicodeScalars.filter { $0.value >= 0x20 && $0 != "<" && $0 != ">" }
    return kept.isEmpty ? "cowbox" : String(String.UnicodeScalarView(kept))
  }
}

/// Puts a layer's entries onto a tree of git.
private final class TreePainter {
  let tree: GitTree
  private(set) var ignored: [ByteString] = []
  private(set) var leftOut: [ByteString] = []
  private let objects: GitObjects
  private let contents: ContentReader
  private let rules: IgnoreRules

  init(_ objects: GitObjects, _ tree: GitTree, _ contents: ContentReader, _ rules: IgnoreRules) {
    self.objects = objects
    self.tree = tree
    self.contents = contents
    self.rules = rules
  }

  func add(_ entry: LayerEntry) throws {
    switch entry {
    case .whiteout(let path):
      if try isOurs(path) { try tree.remove(path.components[...]) }
    case .opaque(let path):
      if try isOurs(path) { try tree.remove(path.components[...], keepingIt: true) }
    case .item(let item) where item.kind == .directory:
      // git knows directories by what is in them; a file may have been there.
      let parts = item.path.components[...]
      if try isOurs(item.path), try tree.entry(at: parts)?.isTree == false {
        try tree.remove(parts)
      }
    case .item(let item): try add(item)
    }
  }

  private func isOurs(_ path: ByteString) throws -> Bool {
    let parts = path.components
    if parts.contains(where: \.isGitsOwn) { return false }
    return try !tree.isForeign(parts[...])
  }

  private func add(_ item: ViewItem) throws {
    guard try isOurs(item.path) else { return }
    let parts = item.path.components[...]
    if try tree.entry(at: parts) == nil, try rules.leavesOut(item.path) {
      ignored.append(item.path)
      return
    }
    switch item.kind {
    case .regular:
      let id = try objects.writeBlob(size: item.size) { output in
        try contents.open(item.content, size: item.size).forEachChunk(output)
      }
      try tree.put(item.permissions & 0o100 != 0 ? "100755" : "100644", id, at: parts)
    case .symlink:
      try tree.put("120000", objects.write(item.target?.bytes ?? [], .blob), at: parts)
    default:
      try tree.remove(parts)
      leftOut.append(item.path)
    }
  }
}

extension ByteString {
  /// Whether git refuses to keep a name, because it would be taken for a repository.
  fileprivate var isGitsOwn: Bool {
    count == 4 && bytes.map { $0 | 0x20 }.elementsEqual(".git".utf8.map { $0 | 0x20 })
  }
}
