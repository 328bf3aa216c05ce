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
  /// A journal that another version of cowbox wrote.
  case foreignJournal(ByteString, version: Int)
  /// An apply was interrupted and must be finished or undone first.
  case unfinished(Int)
  /// There is no apply that could be reverted.
  case nothingToRevert
  /// The user may not write where something would have to be written.
  case notPermitted([ByteString], Errno)
  /// The user wanted it to end; what was done was undone.
  case cancelled
  /// The changes can't be made the project's though the user takes them: why, by path.
  case impossible(ByteString, String)
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
    case .foreignJournal(let path, let version):
      "the journal '\(path.printable)' is of version \(version), this cowbox reads version "
        + "\(JournalText.version): finish or take back the apply with the cowbox that began it"
    case .unfinished(let number):
      "apply \(number) was interrupted: run any command on the session, which finishes or undoes it"
    case .nothingToRevert: "there is no apply that could be reverted"
    case .notPermitted(let paths, let error):
      "cannot write in \(paths.map { "'\($0.isEmpty ? "." : $0.printable)'" }.joined(separator: ", ")): "
        + "\(error); nothing was written"
    case .cancelled: "interrupted; the project is as it was before"
    case .impossible(let path, let reason): "cannot take '\(path.printable)': \(reason)"
    }
  }

  /// The exit code that the command line gives it.
  package var exitCode: Int32 {
    switch self {
    case .conflicts, .planMoved, .stuck, .impossible: 3
    case .cancelled: 130
    default: 1
    }
  }
}
