import Glibc
import Harness
import Linux

/// A random session over a random project: the patch that cowbox prints of it must be one by which
/// git makes, of a copy of the project, what the session shows.
///
/// git keeps no empty directories, no special files, no owners, and one bit of a mode.
package struct PatchTrial {
  private static let session = "p-patch"

  private let seed: UInt64
  private let operations: Int
  private var files: RandomFiles
  private var said: [String] = []

  /// The trial of a seed.
  package init(seed: UInt64, operations: Int) {
    (self.seed, self.operations) = (seed, operations)
    files = RandomFiles(RandomNumbers(seed: seed))
  }

  /// Plays it; answers what is wrong, nil: nothing.
  package mutating func run() throws -> String? {
    let session = try Rehearsal(named: Self.session) { try fill($0.project) }
    for _ in 0..<operations { try act(on: session) }
    try session.store?.flush(durable: true)
    session.close()
    var words = ["--session", Self.session, "diff"]
    let isReversed = files.next(4) == 0
    if isReversed { words.append("-R") }
    words += files.pick(Self.ways) ?? []
    let printed = try Command(
      [Playground.binary] + words, in: session.place.project,
      environment: Playground.environment.merging(["COWBOX_STATE": session.place.state]) { $1 }
    ).run()
    guard printed.status == 0 else { return report("cowbox diff: \(printed.complaint)") }
    let (base, goal) =
      isReversed ? (session.twin, session.place.project) : (session.place.project, session.twin)
    guard let finding = try apply(printed.output, to: base, goal, session.place) else { return nil }
    let patch = String(decoding: printed.output.prefix(6000), as: UTF8.self)
    return report("\(finding)\n\(words.joined(separator: " "))\n\(patch)")
  }

  /// Options that change how the patch says it, not what.
  private static let ways: [[String]] = [
    [], [], ["-U0"], ["-U1"], ["-U10"], ["--patience"], ["--minimal"], ["--no-renames"],
    ["-M20"], ["-M90"], ["--inter-hunk-context=5"], ["-W"], ["--full-index"], ["-M100"],
    ["--src-prefix=x/", "--dst-prefix=y/"],
  ]

  private func report(_ finding: String) -> String {
    "\(finding)\noperations:\n  \(said.joined(separator: "\n  "))"
  }

  /// Applies a patch to a copy with git, and compares.
  ///
  /// The copy is what git would check out: an empty directory, of which git knows nothing, would
  /// stand in the way of what takes the place of the one above it.
  private func apply(_ patch: [UInt8], to base: String, _ goal: String, _ place: Playground) throws
    -> String?
  {
    let copy = place.path + "/copy"
    try place.shell(
      """
      cp -a '\(base)' '\(copy)'; cd '\(copy)'; find . -mindepth 1 -type d -empty -delete
      git init -q --template=; git add -A -f; git config core.safecrlf false
      """)
    let wanted = try Rehearsal.kept(of: goal)
    // git takes no patch that says nothing.
    if patch.split(separator: 0x0A).contains(where: { $0.starts(with: "diff --git ".utf8) }) {
      var command = Command(
        ["git", "apply", "--index", "--unidiff-zero", "--whitespace=nowarn", "-"], in: copy,
        environment: Playground.environment)
      command.input = patch
      let ended = try command.run()
      guard ended.status == 0 else { return "git apply: \(ended.complaint)" }
    }
    let found = try Rehearsal.kept(of: copy)
    for path in Set(found.keys).union(wanted.keys).sorted() where found[path] != wanted[path] {
      return "'\(path.printable)' is \(found[path] ?? "absent"), not \(wanted[path] ?? "absent")"
    }
    let rest = try place.shell("cd '\(copy)'; git diff-files --name-only")
    return rest.isEmpty ? nil : "the index is not what the tree is: \(rest)"
  }
}

// What the project has.
extension PatchTrial {
  private mutating func fill(_ project: String) throws {
    var directories = [project]
    for _ in 0..<(4 + files.next(14)) {
      guard let parent = files.pick(directories) else { continue }
      let path = parent + "/" + files.name()
      // Only what is not there has no status.
      guard (try? Descriptor.currentDirectory.status(of: ByteString(path))) == nil else { continue }
      switch files.next(8) {
      case 0, 1:
        try check { mkdir(path, 0o755) }
        directories.append(path)
      case 2: try check { symlink(files.target(), path) }
      default:
        let file = try Descriptor.currentDirectory.open(
          ByteString(path), [.writeOnly, .create, .noFollow], mode: 0o644)
        try file.borrowed.write(files.content())
        try check { fchmod(file.borrowed.raw, mode_t(files.mode())) }
      }
    }
  }
}

// What the session does.
extension PatchTrial {
  private mutating func act(on session: Rehearsal) throws {
    let all = try session.twinPaths()
    let regular = try session.twinPaths { $0.kind == .regular }
    let fresh = try freePath(session)
    let file = files.pick(regular)
    let any = files.pick(all)
    let choice = files.next(16)
    said.append("\(choice) \(fresh ?? "-") \(file ?? "-") \(any ?? "-")".debugDescription)
    switch choice {
    case 0...3: if let file { try edit(file, in: session) }
    case 4: if let file { try session.write(file, files.content()) }
    case 5, 6: if let fresh { try session.create(fresh, files.content(), mode: files.mode()) }
    case 7: if let fresh { try session.makeDirectory(fresh) }
    case 8: if let fresh { try session.makeSymlink(fresh, to: files.target()) }
    case 9: if let file { try session.setMode(file, files.mode()) }
    case 10, 11:
      if let any, let fresh, !fresh.hasPrefix(any + "/") { try session.rename(any, fresh) }
    case 12: if let any { try session.removeTree(any) }
    case 13: if let file, let fresh { try rewrite(file, at: fresh, in: session) }
    case 14:
      if let file, let over = files.pick(regular), over != file { try session.rename(file, over) }
    default: if let any { try replace(any, in: session) }
    }
  }

  private mutating func freePath(_ session: Rehearsal) throws -> String? {
    let directories = try [""] + session.twinPaths { $0.kind == .directory }
    let parent = files.pick(directories) ?? ""
    let path = (parent.isEmpty ? "" : parent + "/") + files.name()
    // Only what is not there has no status.
    return (try? session.twinStatus(path)) == nil ? path : nil
  }

  private func content(of path: String, in session: Rehearsal) throws -> [UInt8] {
    let file = try Descriptor.currentDirectory.open(
      ByteString("\(session.twin)/\(path)"), [.noFollow])
    return try file.borrowed.readAll(limit: 1 << 24)
  }

  private mutating func edit(_ path: String, in session: Rehearsal) throws {
    try session.write(path, files.edited(content(of: path, in: session)))
  }

  /// What an editor does that knows of no rename: a like file elsewhere, and the old one gone.
  private mutating func rewrite(_ path: String, at fresh: String, in session: Rehearsal) throws {
    let content = try content(of: path, in: session)
    let mode = try UInt16(session.twinStatus(path).permissions)
    try session.remove(path)
    try session.create(fresh, files.next(2) == 0 ? content : files.edited(content), mode: mode)
  }

  /// Puts something of another kind in a place.
  private mutating func replace(_ path: String, in session: Rehearsal) throws {
    try session.removeTree(path)
    switch files.next(3) {
    case 0: try session.makeSymlink(path, to: files.target())
    case 1: try session.create(path, files.content(), mode: files.mode())
    default:
      try session.makeDirectory(path)
      try session.create(path + "/" + files.name(), files.content(), mode: files.mode())
    }
  }
}
