import Linux
import Sandbox
import Store

/// All that a keeper needs to know, complete before it is forked.
struct KeeperPlan: Sendable {
  let session: SessionName
  /// The directory of all sessions.
  let sessions: ByteString
  let project: ByteString
  /// Whether the session's directory is empty and its store is still to be made.
  let isNew: Bool
  /// The directories to show copy-on-write, the project first; of a new session only.
  let roots: [PlannedRoot]
  /// What the box looks like, apart from the roots.
  let box: LaunchPlan
  /// The most bytes and files that the session may hold.
  let maximumSize: Int64?
  let maximumFiles: Int?
  /// The environment of commands that bring none of their own.
  let environment: [ByteString]
  /// Ports of the host's loopback that lead to the box's.
  let publish: [UInt16]
  /// How many seconds a command may take that does not say itself.
  let wallSeconds: UInt64?
  /// What was asked for, by topic.
  let terms: [String: String]
}

/// A directory that a new session will show copy-on-write.
struct PlannedRoot: Sendable {
  let path: ByteString
  let role: Root.Role
}

extension KeeperPlan {
  /// The plan for a project's session behind the walls that the caller wants.
  init(
    session: SessionName, sessions: ByteString, project: ByteString, isNew: Bool,
    home: ByteString?, walls: Walls
  ) throws {
    var box = walls.plan
    // Nothing inside may see what cowbox knows, of this session or of others.
    box.masks.append(sessions.parent)
    self.init(
      session: session, sessions: sessions, project: project, isNew: isNew,
      roots: Self.roots(project: project, home: walls.showsHome ? home : nil, walls.copyOnWrite),
      box: box, maximumSize: walls.maximumSize, maximumFiles: walls.maximumFiles,
      environment: walls.environment(Process.environment), publish: walls.publish,
      wallSeconds: walls.wallSeconds, terms: walls.terms)
  }

  /// The project first; a directory inside another one is shown by both, its own on top.
  static func roots(
    project: ByteString, home: ByteString?, _ extra: [ByteString]
  ) -> [PlannedRoot] {
    var roots = [PlannedRoot(path: project, role: .project)]
    if let home, home.count > 1, !home.isWithin(project) {
      roots.append(PlannedRoot(path: home, role: .home))
    }
    for path in extra where !roots.contains(where: { $0.path == path }) {
      roots.append(PlannedRoot(path: path, role: .extra))
    }
    return roots
  }
}
