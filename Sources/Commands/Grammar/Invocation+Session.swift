import Linux
import Sessions

extension Invocation {
  /// The option that lists as JSON, wherever something is listed.
  static var json: Option { Option("json", "as JSON") }

  /// The catalogue of sessions; nil when there was never one.
  func catalogue() throws -> Catalogue? { try Catalogue.open(home: home, create: false) }

  /// The session that `--session` names, else the project's own; an error where there is none.
  ///
  /// What an interrupted apply left is finished or taken back first.
  func session() throws -> StoredSession {
    let session = try storedSession()
    try Landing.recover(session, self)
    return session
  }

  /// How a project's session is found or made and served; an interrupted apply is recovered first.
  func opening(of project: Project, behind walls: Walls) -> SessionOpening {
    SessionOpening(project: project, home: home, walls: walls) { session in
      try Landing.recover(session, self)
    }
  }

  private func storedSession() throws -> StoredSession {
    guard let catalogue = try catalogue() else {
      if let wanted = try arguments.text("session") { throw Self.noSession(named: wanted) }
      throw Self.noSession(of: try project())
    }
    if let wanted = try arguments.text("session") {
      return try .open(catalogue.find(wanted), in: catalogue)
    }
    let project = try project()
    guard let item = try catalogue.items(of: project.path).first else {
      throw Self.noSession(of: project)
    }
    return try .open(item, in: catalogue)
  }

  /// The session of a name, or of the beginning of one.
  func session(named name: ByteString) throws -> StoredSession {
    guard let catalogue = try catalogue() else { throw Self.noSession(named: name.printable) }
    return try .open(catalogue.find(name.printable), in: catalogue)
  }

  /// The name of a session in a word of the command line.
  static func sessionName(_ word: ByteString) throws -> SessionName {
    if let name = word.string.flatMap(SessionName.init) { return name }
    throw Failure.usage(
      "'\(word.printable)' can't be a session's name",
      hint: "use up to 64 letters, digits, dashes, dots and underscores")
  }

  private static func noSession(of project: Project) -> Failure {
    Failure(
      "there is no session for '\(project.path.printable)'",
      hint: "'cowbox run -- COMMAND' begins one; 'cowbox list --all' shows those of other projects")
  }

  private static func noSession(named name: String) -> Failure {
    .usage(
      "there is no session '\(ByteString(name).printable)'",
      hint: "'cowbox list --all' shows all sessions")
  }
}
