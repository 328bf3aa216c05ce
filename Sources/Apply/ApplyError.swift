import Changes
import Linux

/// Why an apply, revert or discard did not happen; nothing was written.
package enum ApplyError: Error, Sendable {
  /// The project became something else meanwhile.
  case conflicts([Conflict])
  /// The root is another directory than the one the session was made on.
  case anotherRoot(ByteString)
  /// The plan is not the one that was reviewed.
  case planMoved(reviewed: String, now: String)
  /// There is not enough room for what would be written.
  case noRoom(needed: Int64, free: Int64)
  /// A thing would have to move to another file system.
  case crossesFileSystems(ByteString, ByteString)
  /// Something stands where an interrupted apply must put back what it took.
  case stuck([ByteString], beside: ByteString)
  /// A journal can't be understood.
  case damagedJournal(ByteString)
  /// An apply was interrupted and must be finished or undone first.
  case unfinished(Int)
  /// There is no apply that could be reverted.
  case nothingToRevert
}

extension ApplyError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .conflicts(let conflicts):
      "the project has changed in \(conflicts.count) place\(conflicts.count == 1 ? "" : "s") "
        + "that the session changed too; nothing was written"
    case .anotherRoot(let path):
      "'\(path.printable)' is no longer the directory that the session was made on"
    case .planMoved(let reviewed, let now):
      "the session has moved on since diff \(reviewed.prefix(12)) (now \(now.prefix(12))): "
        + "review it again"
    case .noRoom(let needed, let free):
      "the changes need \(needed) bytes on the project's file system, which has \(free) free"
    case .crossesFileSystems(let old, let new):
      "cannot move '\(old.printable)' to '\(new.printable)': they are on different file systems"
    case .stuck(let paths, let place):
      "cannot put back \(paths.map { "'\($0.printable)'" }.joined(separator: ", ")): something "
        + "else is there now; what was there is kept in '\(place.printable)': move the newcomer "
        + "away and try again"
    case .damagedJournal(let path): "the journal '\(path.printable)' is damaged"
    case .unfinished(let number):
      "apply \(number) was interrupted: run any command on the session, which finishes or undoes it"
    case .nothingToRevert: "there is no apply that could be reverted"
    }
  }

  /// The exit code that the command line gives it.
  package var exitCode: Int32 {
    switch self {
    case .conflicts, .planMoved, .stuck: 3
    default: 1
    }
  }
}

/// A place where the project is no longer what the session saw.
package struct Conflict: Sendable, Equatable {
  /// What became of it.
  package enum Reason: String, Sendable {
    case changed
    case attributesChanged = "attributes changed"
    case gone
    case appeared
    case kindChanged = "kind changed"
    case parentGone = "parent gone"
  }

  /// The entry of the plan that can't land.
  package let key: ByteString
  package let path: ByteString
  package let reason: Reason

  /// What happened, as a sentence.
  package var description: String {
    let name = "'\(path.printable)'"
    switch reason {
    case .changed: return "\(name) was changed in the project as well"
    case .attributesChanged: return "mode or owner of \(name) were changed in the project as well"
    case .gone: return "\(name) is gone from the project"
    case .appeared: return "\(name) has appeared in the project"
    case .kindChanged: return "\(name) became another kind of file in the project"
    case .parentGone: return "the directory of \(name) is gone from the project"
    }
  }
}
