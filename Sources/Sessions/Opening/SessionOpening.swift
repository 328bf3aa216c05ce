import Linux
import Sandbox
import Store

/// Finds a project's session or makes one, and sees to it that its keeper runs.
package struct SessionOpening {
  private let project: Project
  private let home: ByteString?
  private let walls: Walls
  private let willStart: (borrowing StoredSession) throws -> Void

  /// An opening for a project, behind the walls that the caller wants.
  ///
  /// `willStart` is called with a session that rests, before its keeper has it.
  package init(
    project: Project, home: ByteString?, walls: Walls,
    willStart: @escaping (borrowing StoredSession) throws -> Void = { _ in }
  ) {
    self.willStart = willStart
    self.project = project
    self.home = home
    self.walls = walls
  }

  /// Opens the session that is meant.
  package func open(_ choice: SessionChoice) throws -> RunningSession {
    guard let catalogue = try Catalogue.open(home: home, create: true) else {
      throw SessionError("there is no directory for sessions")
    }
    // Held until the keeper stands: two that look at once must not make two sessions.
    let lock = try catalogue.lockForMaking()
    let session = try open(choice, in: catalogue)
    // Closing unlocks; a lock that is never unlocked is a program that ends.
    try lock.close()
    return session
  }

  private func open(_ choice: SessionChoice, in catalogue: borrowing Catalogue) throws
    -> RunningSession
  {
    while true {
      do {
        return try openOnce(choice, catalogue)
      } catch let error as SessionError where error.kind == .gone {
        // A session that ended unchanged between our finding and opening it.
        if case .named = choice { throw error }
      }
    }
  }

  private func openOnce(_ choice: SessionChoice, _ catalogue: borrowing Catalogue) throws
    -> RunningSession
  {
    guard let item = try find(choice, catalogue) else { return try make(catalogue) }
    if case .named = choice { try FoundMount.refuseLoop(project.path, in: item.name) }
    let directory = try catalogue.open(item.name)
    if let client = try Client.connect(to: directory.borrowed) {
      return RunningSession(
        name: item.name, client: client, path: catalogue.path.appending(item.name.bytes),
        isNew: false, isJoined: true)
    }
    try willStart(StoredSession.open(item, in: catalogue))
    let client = try start(item.name, project: item.project, isNew: false, catalogue)
    return RunningSession(
      name: item.name, client: client, path: catalogue.path.appending(item.name.bytes),
      isNew: false, isJoined: false)
  }

  private func find(_ choice: SessionChoice, _ catalogue: borrowing Catalogue) throws
    -> Catalogue.Item?
  {
    switch choice {
    case .new: return nil
    case .named(let name):
      let item = try catalogue.find(name)
      guard !item.isLive else {
        throw SessionError(
          "session \(item.name) is the undo log of a live directory, in which nothing can run",
          hint: "'cowbox mount --through' shows it", kind: .usage)
      }
      return item
    case .current: return try catalogue.items(of: project.path).first { !$0.isLive }
    case .existing:
      if let item = try catalogue.items(of: project.path).first(where: { !$0.isLive }) {
        return item
      }
      throw SessionError(
        "there is no session for '\(project.path.printable)'",
        hint: "'cowbox run -- COMMAND' begins one")
    }
  }

  private func make(_ catalogue: borrowing Catalogue) throws -> RunningSession {
    let name = try catalogue.make(for: project.path)
    do {
      let client = try start(name, project: project.path, isNew: true, catalogue)
      return RunningSession(
        name: name, client: client, path: catalogue.path.appending(name.bytes), isNew: true,
        isJoined: false)
    } catch {
      // What is left of the attempt is no session; the error that matters is the one above.
      try? catalogue.remove(name)
      throw error
    }
  }

  private func start(
    _ name: SessionName, project: ByteString, isNew: Bool, _ catalogue: borrowing Catalogue
  ) throws -> Client {
    let plan = try KeeperPlan(
      session: name, sessions: catalogue.path, project: project, isNew: isNew, home: home,
      walls: walls)
    let client = try KeeperProcess.start(plan)
    do { try client.greet() } catch let error as ProtocolError { throw SessionError(error) }
    return client
  }
}
