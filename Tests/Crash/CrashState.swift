import Changes
import Harness
import Linux
import Rehearsal
import Store

/// All that must be as before or as after: the project to the last byte, and what the session has.
struct CrashState: Equatable {
  /// By path, without times and inodes.
  let project: [String: String]
  /// The same with times and inodes: what was not touched must show it.
  let exact: [String: String]
  /// What the session changes; nil: there is no session any more.
  let plan: [String]?
  /// What the other sessions change, by their names.
  let others: [String: [String]]

  /// The state of a session's project now.
  init(_ session: Rehearsal) throws {
    exact = try Playground.fingerprint(of: session.place.project)
    project = exact.mapValues(Self.withoutTimes)
    plan = try Self.plan(session, at: session.sessionPath)
    var others: [String: [String]] = [:]
    let place = ByteString(session.sessionPath).parent
    let opened = try Descriptor.currentDirectory.open(place, [.directory])
    for name in try opened.borrowed.entryNames() {
      let path = place.appending(name).printable
      if path != session.sessionPath { others[name.printable] = try Self.plan(session, at: path) }
    }
    self.others = others
  }

  /// Kind, mode, owner, count of links and size stay; time and inode go; a digest stays.
  private static func withoutTimes(_ description: String) -> String {
    let words = description.split(separator: " ")
    let isDirectory = words.first == "directory"
    let kept = isDirectory ? Array(words.prefix(3)) : Array(words.prefix(5) + words.dropFirst(7))
    return kept.joined(separator: " ")
  }

  private static func plan(_ session: Rehearsal, at path: String) throws -> [String]? {
    guard let reader = try reader(path) else { return nil }
    let lower = try session.project()
    let contents = ContentReader(reader: reader, lower: LowerTree(lower.borrowed))
    let plan = try Plan(reader: reader, root: session.root, lower: lower.borrowed)
    return try plan.changes.map { change in
      let hash =
        change.bringsContent
        ? try contents.hash(change.newContent, size: change.new?.size ?? 0).hexadecimal : ""
      return "\(change.key.printable) < \(change.origin?.printable ?? "") \(hash)"
    }
  }

  /// The session, read; nil: there is none any more.
  ///
  /// Without its symlink to the project nobody finds
  /// it: what is left of it is only rubbish.
  private static func reader(_ path: String) throws -> SessionReader? {
    do throws(Errno) {
      _ = try Descriptor.currentDirectory.symlinkTarget(
        ByteString(path + "/project"))
    } catch {
      if error == .noEntry { return nil }
      throw error
    }
    let directory = try Descriptor.currentDirectory.open(ByteString(path), [.directory])
    return try SessionReader(directory: directory.borrowed)
  }

  /// Whether nothing but times and inodes differs.
  func isLike(_ other: CrashState) -> Bool {
    project == other.project && plan == other.plan && others == other.others
  }

  /// In what another state differs, in words.
  func difference(from other: CrashState) -> String {
    var found: [String] = []
    for path in Set(project.keys).union(other.project.keys).sorted()
    where project[path] != other.project[path] {
      found.append(
        "\(path): \(project[path] ?? "nothing"), not \(other.project[path] ?? "nothing")")
    }
    if plan != other.plan { found.append("plan \(plan ?? []), not \(other.plan ?? [])") }
    if others != other.others { found.append("others \(others), not \(other.others)") }
    return found.joined(separator: "; ")
  }
}
