/// Something about sessions that failed: the sentence, what helps, and what kind of failure it is.
package struct SessionError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is; Commands has the exit codes.
  package enum Kind: Sendable {
    case failed, usage, noWall, conflict, notExecutable, notFound, gone
  }

  package let kind: Kind
  package let description: String
  package let hint: String?

  /// A failure by its sentence.
  package init(_ description: String, hint: String? = nil, kind: Kind = .failed) {
    self.kind = kind
    self.description = description
    self.hint = hint
  }
}
