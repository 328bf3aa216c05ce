import Changes
import Linux
import Sessions
import Store

/// `cowbox show`: a file as the session has it, or as it was.
enum ShowCommand {
  static let verb = Verb(
    "show", .review, "print a file as the session has it", operands: .any("PATH..."),
    options: [
      Option("base", "as the project had it when the session first changed it"),
      Option("at", value: "STEP", "as the session had it at a step"),
      Pager.option, Review.option,
    ],
    details: """
      Without options: what a command in the session would read now. To a pipe or a file the bytes
      go as they are; on a terminal what it would obey is shown instead.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    guard !invocation.operands.isEmpty else { throw Failure.usage("'show' needs a path") }
    let arguments = invocation.arguments
    if arguments.has("base"), arguments.has("at") {
      throw Failure.usage("'--base' and '--at' mean two different states")
    }
    let session = try invocation.session()
    let reader = try session.read()
    let view = try FileView(reader, root: arguments.text("root"))
    let step = try arguments.text("at").map(reader.step(named:))
    try invocation.page()
    for word in invocation.operands {
      let path = try Selecting.path(word, view.root.path, invocation)
      let found =
        try arguments.has("base") ? view.base(of: path) : view.content(of: path, at: step)
      try write(found, word, to: invocation.output)
    }
    return ExitCode.done
  }

  private static func write(_ found: FileView.Found, _ word: ByteString, to output: Output)
    throws
  {
    let name = "'\(word.printable)'"
    switch found {
    case .content(let content):
      let style = RenderingStyle(isEscaped: Descriptor.standardOutput.isTerminal)
      try content.forEachChunk { try output.write(style.shown(text: Array($0))) }
    case .symlink(let target):
      let style = RenderingStyle(isEscaped: Descriptor.standardOutput.isTerminal)
      try output.write(style.shown(text: target.bytes))
      if Descriptor.standardOutput.isTerminal { try output.line() }
    case .absent: throw Failure("there is no \(name) in that state of the session")
    case .forgotten:
      throw Failure(
        "\(name) was changed in the project since, and was too large to be kept as it was")
    case .other(let kind):
      throw Failure(
        "\(name) is a \(kind.words), which has no content",
        hint: kind == .directory ? "'cowbox run -- ls \(Words.quoted(word))' lists it" : nil)
    }
  }
}

extension FileView {
  /// The view of a session's root that the command line means.
  init(_ reader: SessionReader, root name: String?) throws {
    let root = try Review.root(name, of: reader.roots)
    self.init(reader, root: root, try Review.open(root))
  }
}
