import Linux

/// Why a session could not become a commit; nothing refers to what was written by then.
package enum GitError: Error, Sendable {
  /// There is no repository right in the root.
  case noRepository
  /// The repository is of a form that cowbox does not write.
  case unsupported(String)
  /// The repository lacks what it refers to, or holds what it must not.
  case damaged(String)
  /// The branch is there already, or one that is in its way.
  case branchExists(String)
  /// The text is no name of a branch.
  case badBranch(String)
  /// libgit2 failed, or is not there.
  case library(String)
}

extension GitError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noRepository: "the project has no git repository of its own"
    case .unsupported(let words): "cannot write to this git repository: \(words)"
    case .damaged(let words): "the project's git repository is damaged: \(words)"
    case .branchExists(let name):
      "cannot make branch '\(ByteString(name).printable)': it, or one in its way, exists"
    case .badBranch(let name): "'\(ByteString(name).printable)' is no name of a branch"
    case .library(let words): "cannot use libgit2: \(words)"
    }
  }
}
