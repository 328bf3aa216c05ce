import Linux

/// What happened between two boundaries of a session.
package struct Step: Sendable {
  /// What a step was made by.
  package enum Kind: String, Sendable {
    case begin, run, exec, edit, apply, discard, undo, redo, restore, mark, mount, merge
  }

  package var id: StepID
  package var kind: Kind
  package var began: Timestamp
  /// nil while the step is going on, or when the keeper was killed in it.
  package var ended: Timestamp?
  /// The command's words, or none.
  package var command: [ByteString]
  /// The exit status of the command, once it ended.
  package var status: Int32?
  package var message: String
  /// The step whose state an undo, a redo or a restore brought back.
  package var restores: StepID?
}

/// A name that the user gave to a step: a snapshot.
package struct Mark: Hashable, Sendable {
  package let name: String
  package let step: StepID
  package let made: Timestamp
}
