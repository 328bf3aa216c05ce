import Archives
import Changes
import Linux
import Sessions
import Store

/// The forms in which a session's changes can be given to other tools.
enum ExportForm: String, CaseIterable {
  case session, patch, tar, oci, git

  /// What is exported.
  struct Source {
    let reader: SessionReader
    let root: Root
    let lower: Descriptor
    let step: StepID?
    let session: SessionName

    /// When the session was last worked in: the same session gives the same bytes.
    func time() throws -> Timestamp {
      let steps = try reader.steps().filter { $0.id <= step ?? $0.id && $0.id.rawValue > 0 }
      return steps.last { !$0.command.isEmpty }?.began ?? steps.first?.began ?? .now
    }
  }

  /// Writes it; answers what the form can't hold.
  func write(_ source: Source, _ target: ByteString, _ invocation: Invocation) throws
    -> [ByteString]
  {
    switch self {
    case .session: []
    case .patch: try Self.writePatch(source, target, invocation)
    case .tar:
      try Self.intoFile(target, invocation) { output in
        try SessionTar.write(
          source.reader, root: source.root, lower: source.lower, at: source.step, to: output
        ).leftOut
      }
    case .oci: try Self.writeImage(source, target, invocation)
    case .git: try Self.writeCommit(source, target, invocation)
    }
  }

  private static func writePatch(
    _ source: Source, _ target: ByteString, _ invocation: Invocation
  ) throws -> [ByteString] {
    let plan = try Plan(
      reader: source.reader, root: source.root, lower: source.lower, at: source.step)
    let contents = ContentReader(reader: source.reader, lower: LowerTree(source.lower))
    return try intoFile(target, invocation) { output in
      let sink = TextSink { bytes in try bytes.withUnsafeBytes { try output($0) } }
      let files = try plan.files(contents, finding: RenameSearch()).files
      try PatchText(plan, contents).write(files, to: sink)
      try sink.finish()
      return []
    }
  }

  private static func writeImage(
    _ source: Source, _ target: ByteString, _ invocation: Invocation
  ) throws -> [ByteString] {
    let place = try ExportPlace(target, invocation)
    let image = try place.translated {
      try ImageLayout.write(
        source.reader, root: source.root, lower: source.lower, at: source.step,
        as: ImageLayout.Description(created: source.time()), to: place.name, in: place.directory)
    }
    return image.leftOut
  }

  private static func writeCommit(
    _ source: Source, _ target: ByteString, _ invocation: Invocation
  ) throws -> [ByteString] {
    guard let branch = target.string else {
      throw Failure.usage("'\(target.printable)' is no name of a branch")
    }
    let commands = try source.reader.steps().map(\.command).filter { !$0.isEmpty }
      .map { $0.map(Words.quoted).joined(separator: " ") }
    let told = try invocation.arguments.text("message")
    let commit = try SessionCommit.write(
      source.reader, root: source.root, lower: source.lower, at: source.step,
      as: SessionCommit.Description(
        branch: branch,
        message: told ?? "Session \(source.session)\n\n" + commands.joined(separator: "\n"),
        name: Process.variable("GIT_AUTHOR_NAME")?.string ?? "cowbox",
        email: Process.variable("GIT_AUTHOR_EMAIL")?.string ?? "cowbox@localhost",
        time: source.time()))
    try invocation.output.line(commit.id)
    if !commit.ignored.isEmpty {
      invocation.say(
        "\(Amounts.count(commit.ignored.count, "new file")) that the project ignores not committed")
    }
    return commit.leftOut
  }

  /// Writes a file that appears when it is whole, or to standard output.
  private static func intoFile(
    _ target: ByteString, _ invocation: Invocation,
    _ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> [ByteString]
  ) throws -> [ByteString] {
    let output = invocation.output
    if target == "-" { return try body { bytes in try output.write(bytes) } }
    let place = try ExportPlace(target, invocation)
    let isReplacing = invocation.arguments.has("force")
    let temporary = ByteString(".cowbox-export-\(try Process.randomBytes(6).hexadecimal)")
    let file = try attempt("create", place.name) { () throws(Errno) in
      try place.directory.open(temporary, [.writeOnly, .create, .exclusive], mode: 0o644)
    }
    do {
      let descriptor = file.borrowed
      let leftOut = try body { bytes in
        try attempt("write", place.name) { () throws(Errno) in try descriptor.write(bytes) }
      }
      try place.translated {
        try attempt("create", place.name) { () throws(Errno) in
          try place.directory.rename(
            temporary, to: place.directory, place.name, isReplacing ? [] : .noReplace)
        }
      }
      return leftOut
    } catch {
      // The first failure is what matters.
      try? place.directory.remove(temporary)
      throw error
    }
  }
}
