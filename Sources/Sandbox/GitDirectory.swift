import Linux

/// The git directory of a project that is a worktree or a submodule, outside the project itself.
package enum GitDirectory {
  /// The directory that git needs besides the project, or nil where `.git` is in the project.
  ///
  /// The project's `.git` file is not believed alone: the directory must be git's, and a
  /// worktree's must point back. Otherwise a project could have any directory shown.
  package static func outside(_ project: ByteString) -> ByteString? {
    guard let line = text(project.appending(".git")), line.bytes.starts(with: prefix.utf8),
      let own = absolute(ByteString(line.bytes.dropFirst(prefix.utf8.count)), from: project)
    else { return nil }
    let common = text(own.appending("commondir")).flatMap { absolute($0, from: own) } ?? own
    guard isGitDirectory(common), pointsBack(own, common, to: project),
      !common.isWithin(project)
    else { return nil }
    return common
  }

  private static let prefix = "gitdir: "

  private static func pointsBack(
    _ own: ByteString, _ common: ByteString, to project: ByteString
  ) -> Bool {
    if own != common {
      guard let back = text(own.appending("gitdir")) else { return false }
      return absolute(back.parent, from: own) == project
    }
    // A submodule's configuration names its worktree, and lies in the modules of a git directory.
    return common.components.contains("modules")
  }

  private static func isGitDirectory(_ path: ByteString) -> Bool {
    for name: ByteString in ["HEAD", "objects", "refs"] {
      // Failure does not matter: without these it is none.
      if (try? Descriptor.currentDirectory.open(path.appending(name), .path)) == nil {
        return false
      }
    }
    return true
  }

  private static func absolute(_ path: ByteString, from base: ByteString) -> ByteString? {
    // Failure does not matter: what is not there is not shown.
    try? Process.canonical(path.bytes.first == 0x2F ? path : base.appending(path))
  }

  /// The first line of a small file.
  private static func text(_ path: ByteString) -> ByteString? {
    // Failure does not matter: most projects have a directory there, or nothing.
    guard let file = try? Descriptor.currentDirectory.open(path, [.noFollow, .nonBlocking]),
      let bytes = try? file.borrowed.readAll(limit: 4096)
    else { return nil }
    return ByteString(bytes.prefix { $0 != 0x0A })
  }
}
