import Linux

extension ByteString {
  /// The directory of the git repository in which the path is one of the things that only make
  /// sense together: objects, refs, HEAD, index, logs.
  ///
  /// nil: it is outside, or a file by itself.
  package var repository: ByteString? {
    guard let end = repositoryEnd else { return nil }
    let first = bytes[(end + 1)...].prefix { $0 != 0x2F }
    let alone: [StaticString] = ["config", "hooks", "info", "description"]
    if alone.contains(where: { ByteString(stringLiteral: $0).bytes == Array(first) }) { return nil }
    return ByteString(bytes[..<end])
  }

  /// Whether this is the index of a git repository, a worktree's or a submodule's too.
  package var isGitIndex: Bool { lastComponent == "index" && repository != nil }

  /// Where the last ".git" that is a directory of the path ends; most paths have none, and cost one
  /// pass.
  private var repositoryEnd: Int? {
    let name: [UInt8] = [0x2E, 0x67, 0x69, 0x74, 0x2F]
    var start = bytes.count - name.count - 1
    while start >= 0 {
      if bytes[start] == 0x2E, start == 0 || bytes[start - 1] == 0x2F,
        bytes[start..<(start + name.count)].elementsEqual(name)
      {
        return start + name.count - 1
      }
      start -= 1
    }
    return nil
  }
}
