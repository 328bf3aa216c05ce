import Archives
import Changes
import Linux
import Sessions
import Store

/// `cowbox export`: a session as one file, or in the form that another tool reads.
enum ExportCommand {
  static let verb = Verb(
    "export", .care, "write a session into a file, or in another tool's form",
    operands: .any("[SESSION] FILE"),
    options: [
      Option(
        "format", value: "FORM", choices: ExportForm.allCases.map(\.rawValue),
        "session (by itself), patch, tar, oci or git"),
      Option(
        "at", value: "STEP", "as the session was at a step or snapshot; not of a whole session"),
      Option("message", short: "m", value: "TEXT", "with git: what the commit says"),
      Option("force", short: "f", "replace a file that is there"),
      Review.option,
    ],
    details: """
      By itself the file holds the whole session with its history; 'cowbox import' takes it, sqlite3
      opens it, and the same session gives the same bytes. A session that runs is refused.

      The other forms hold what the session changed in one directory. 'patch' is what 'git apply'
      takes. 'tar' is a layer with whiteouts as OCI images have them. 'oci' is an image layout in a
      new directory, for skopeo and umoci. 'git' makes a commit on a new branch, whose name FILE is,
      in the project's repository; its index, worktree, hooks and configuration are not touched.
      With '-' as FILE a patch or tar goes to standard output.

          cowbox export experiment experiment.cowbox
          cowbox export --format git what-the-agent-did
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let words = invocation.operands
    guard let target = words.last, !target.isEmpty, words.count <= 2 else {
      throw Failure.usage("'export' needs a file to write", hint: verb.usage)
    }
    let session =
      try words.count == 2 ? invocation.session(named: words[0]) : invocation.session()
    let form = try invocation.arguments.text("format").flatMap(ExportForm.init) ?? .session
    if form == .session {
      try exportWhole(session, target, invocation)
    } else {
      try export(session, form, target, invocation)
    }
    return ExitCode.done
  }

  private static func exportWhole(
    _ session: borrowing StoredSession, _ target: ByteString, _ invocation: Invocation
  ) throws {
    if target == "-" || invocation.arguments.has("at") {
      throw Failure.usage("a whole session goes to a file, with all its steps")
    }
    guard let lock = try session.lockAtRest() else {
      throw Failure(
        "session \(session.name) is running",
        hint: "'cowbox branch COPY' makes a session of what it holds now, which rests")
    }
    let place = try ExportPlace(target, invocation)
    let reader = try SessionReader(directory: session.directory.borrowed)
    try place.translated {
      try reader.export(
        to: place.name, in: place.directory, replacing: invocation.arguments.has("force"))
    }
    try lock.close()
    invocation.say("session \(session.name) is in '\(target.printable)'")
  }

  private static func export(
    _ session: borrowing StoredSession, _ form: ExportForm, _ target: ByteString,
    _ invocation: Invocation
  ) throws {
    var step = try invocation.arguments.text("at").map { try session.read().step(named: $0) }
    if step == nil, session.isRunning {
      // What the commands go on writing belongs to the next step and is left out.
      step = StepID(try session.perform(.boundary(message: "")).rawValue - 1)
    }
    let reader = try session.read()
    let root = try Review.root(invocation.arguments.text("root"), of: reader.roots)
    let files = try Review.open(root)
    let source = ExportForm.Source(
      reader: reader, root: root, lower: files.borrowed, step: step, session: session.name)
    for path in try form.write(source, target, invocation) {
      invocation.say("left out: '\(path.printable)'")
    }
    invocation.say(
      form == .git
        ? "session \(session.name) is on branch '\(target.printable)'"
        : "the changes of session \(session.name) are in '\(target.printable)'")
  }
}

/// The directory that a new file goes to, and its name there.
struct ExportPlace {
  let name: ByteString
  private let path: ByteString
  private let opened: OpenFile

  var directory: Descriptor { opened.borrowed }

  init(_ path: ByteString, _ invocation: Invocation) throws {
    let start = try invocation.arguments.bytes("directory") ?? Process.currentDirectory()
    let whole = path.bytes.first == UInt8(ascii: "/") ? path : start.appending(path)
    self.path = path
    name = whole.lastComponent
    let above = whole.parent.isEmpty ? ByteString("/") : whole.parent
    opened = OpenFile(
      try attempt("open", above) { () throws(Errno) in
        try Descriptor.currentDirectory.open(above, [.directory])
      })
  }

  /// Tells a file that is in the way as such.
  func translated<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as SystemError where error.errno == .exists {
      throw Failure.usage(
        "'\(path.printable)' exists", hint: "choose another name, or --force to replace a file")
    }
  }
}
