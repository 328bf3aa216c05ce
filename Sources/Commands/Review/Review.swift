import Changes
import Linux
import Sessions
import Store

/// What a session changed in one of its roots, read at one instant.
struct Review {
  let reader: SessionReader
  let root: Root
  let plan: Plan
  let contents: ContentReader

  /// Reads the session that the command line means, and computes its plan.
  init(_ session: borrowing StoredSession, root name: String?, at step: StepID? = nil) throws {
    try self.init(reader: session.read(), root: name, at: step)
  }

  /// Computes the plan of what a reader sees.
  init(reader: SessionReader, root name: String?, at step: StepID? = nil) throws {
    self.reader = reader
    root = try Self.root(name, of: reader.roots)
    let directory = try Self.open(root)
    let lower = LowerTree(directory.borrowed)
    plan = try Plan(reader: reader, root: root, lower: directory.borrowed, at: step)
    contents = ContentReader(reader: reader, lower: lower)
    contents.remember()
    files = directory
  }

  /// Computes what changed between two steps; without an end, until now.
  init(reader: SessionReader, root name: String?, from: StepID, to: StepID?) throws {
    self.reader = reader
    root = try Self.root(name, of: reader.roots)
    let directory = try Self.open(root)
    let lower = LowerTree(directory.borrowed)
    let last = try reader.steps().last?.id ?? from
    plan = try Plan(
      reader.history(), from: from, to: to ?? last, reader: reader, root: root, lower: lower)
    contents = ContentReader(reader: reader, lower: lower)
    contents.remember()
    files = directory
  }

  /// Keeps the root open while its contents are read.
  private let files: OpenFile

  static let option = Option(
    "root", value: "WHICH", "which directory: project (the default), home, or its path")

  /// The root that a word means.
  static func root(_ name: String?, of roots: [Root]) throws -> Root {
    let wanted = name ?? "project"
    if let root = roots.first(where: {
      $0.role.rawValue == wanted || ByteString(wanted) == $0.path
    }) {
      return root
    }
    throw Failure.usage(
      "the session shows no '\(ByteString(wanted).printable)' copy-on-write",
      hint: "it shows \(roots.map { "'\($0.path.printable)'" }.joined(separator: ", "))")
  }

  /// Opens a root's directory on the host; another one in its place is refused.
  static func open(_ root: Root) throws -> OpenFile {
    do throws(Errno) {
      return OpenFile(
        try Descriptor.currentDirectory.open(root.path, [.directory, .noFollow]))
    } catch {
      throw Failure(
        "cannot open '\(root.path.printable)': \(error)",
        hint: "put it back where it was; the session keeps what was changed")
    }
  }
}
