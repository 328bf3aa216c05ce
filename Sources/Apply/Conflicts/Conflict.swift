import Changes
import Linux

/// A place where the project is no longer what the session saw.
package struct Conflict: Sendable, Equatable {
  /// What became of it.
  package enum Reason: String, Sendable, CaseIterable {
    case changed
    case attributesChanged = "attributes changed"
    case gone
    case appeared
    case kindChanged = "kind changed"
    case parentGone = "parent gone"
    case repositoryMoved = "repository moved"
  }

  /// The entry of the plan that can't land.
  package let key: ByteString
  /// What that entry does.
  package let kind: Change.Kind
  package let path: ByteString
  package let reason: Reason
  /// Why no merge was possible, where one was asked for.
  package var obstacle: String?

  init(_ change: Change, _ path: ByteString, _ reason: Reason) {
    self.init(key: change.key, kind: change.kind, path: path, reason)
  }

  init(key: ByteString, kind: Change.Kind, path: ByteString, _ reason: Reason) {
    (self.key, self.kind, self.path, self.reason) = (key, kind, path, reason)
  }

  /// What happened, as a sentence.
  package var description: String { description(in: "the project") }

  /// What happened in a directory that is called so.
  package func description(in place: String) -> String {
    let name = "'\(path.printable)'"
    let sentence =
      switch reason {
      case .changed: "\(name) was changed in \(place) as well"
      case .attributesChanged:
        "mode, owner or attributes of \(name) were changed in \(place) as well"
      case .gone: "\(name) is gone from \(place)"
      case .appeared: "\(name) has appeared in \(place)"
      case .kindChanged: "\(name) became another kind of file in \(place)"
      case .parentGone: "the directory of \(name) is gone from \(place)"
      case .repositoryMoved: "\(name) belongs to a repository in which \(place) moved on"
      }
    return obstacle.map { "\(sentence) (\($0))" } ?? sentence
  }
}
