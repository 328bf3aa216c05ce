import Linux
import Sessions
import Store

/// `cowbox import`: a session out of a file that `cowbox export` wrote.
enum ImportCommand {
  static let verb = Verb(
    "import", .care, "make a session of a file that 'cowbox export' wrote",
    operands: .any("FILE [NAME]"),
    details: """
      Everything in the file is checked first: hashes, names, sizes, and that no path leads out of its
      directory. What is damaged, or was written by a newer cowbox, is refused, and nothing of it is
      left behind. The session is of the project that it was exported from; '--project DIR' makes it
      one of DIR, on another machine for instance.

          cowbox import experiment.cowbox
          cowbox import experiment.cowbox again --project ~/src/project
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let words = invocation.operands
    guard let path = words.first, words.count <= 2 else {
      throw Failure.usage("'import' needs a file", hint: verb.usage)
    }
    let wanted = try words.dropFirst().first.map(Invocation.sessionName)
    let place = try ExportPlace(path, invocation)
    let file = try attempt("open", path) { () throws(Errno) in
      try place.directory.open(place.name, [.readOnly, .nonBlocking])
    }
    guard let catalogue = try Catalogue.open(home: invocation.home, create: true) else {
      throw Failure("there is no directory for sessions")
    }
    let project = try invocation.arguments.bytes("project").map { _ in try invocation.project() }
    let roots = try SessionImport.inspect(file.borrowed)
    guard let root = roots.first(where: { $0.role == .project }) ?? roots.first else {
      throw Failure("the archive has no project")
    }
    let name = try catalogue.name(wanted, for: project?.path ?? root.path)
    do {
      try SessionImport.run(file.borrowed, into: catalogue.directory, as: name.bytes) { session in
        if let project { try SessionImport.move(session, root: root.id, to: project.path) }
        try Catalogue.enter(session, project: project?.path ?? root.path)
      }
    } catch ArchiveError.exists {
      throw Failure.usage("there is a session '\(name)' already", hint: "choose another name")
    }
    let owner = (project?.path ?? root.path).printable
    invocation.say(
      "session \(name) of '\(owner)' is made of '\(path.printable)'; 'cowbox diff -s \(name)' shows it"
    )
    return ExitCode.done
  }
}
