/// Something in a session's store that is not as it must be.
package struct Finding: Hashable, Sendable {
  /// What is wrong.
  package enum Kind: String, Sendable, CaseIterable {
    /// SQLite itself finds its file damaged.
    case database
    /// A row holds what no row may hold.
    case row
    /// A row is valid in no step, or in steps that do not exist.
    case validity
    /// Two rows say what one thing is at one time.
    case overlap
    /// A row names something that is not there.
    case reference
    /// A name, path or origin that leads out of its directory or is none.
    case name
    /// A directory is inside itself, or in two places.
    case cycle
    /// The next numbers are taken already.
    case counter
    /// Content of a file of the session is gone, whole or in part.
    case lostContent
    /// Kept content of the project is gone or not what it was: merging has no base.
    case lostBase
    /// A file that no row needs.
    case orphan
  }

  package let kind: Kind
  /// What is wrong with what, as a sentence without its full stop.
  package let words: String
  /// What was done about it; nil: nothing yet.
  package internal(set) var remedy: String?

  /// Whether content or names were lost, as opposed to things that were merely untidy.
  package var isLoss: Bool { kind != .orphan && kind != .counter }
}
