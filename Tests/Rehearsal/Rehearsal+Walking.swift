import Linux

extension Rehearsal {
  /// What the session shows, path by path in the order of bytes, of what is wanted.
  package func twinPaths(where isWanted: (FileStatus) -> Bool = { _ in true }) throws -> [String] {
    let top = try Descriptor.currentDirectory.open(ByteString(twin), [.directory])
    var found: [ByteString] = []
    try Self.visit(top.borrowed, ByteString([])) { path, status, _ in
      if isWanted(status) { found.append(path) }
    }
    return found.sorted().compactMap(\.string)
  }

  /// What git keeps of a directory: content and executability of files, and symlinks.
  package static func kept(of path: String) throws -> [ByteString: String] {
    let top = try Descriptor.currentDirectory.open(ByteString(path), [.directory])
    var found: [ByteString: String] = [:]
    try visit(top.borrowed, ByteString([])) { path, status, directory in
      let name = path.lastComponent
      if path.isWithin(".git") { return }
      switch status.kind {
      case .regular:
        let file = try directory.open(name, [.readOnly, .noFollow])
        let digest = SHA256.digest(try file.borrowed.readAll(limit: 1 << 30)).hexadecimal
        found[path] = "\(status.permissions & 0o100 != 0 ? "program" : "file") \(digest)"
      case .symlink: found[path] = "symlink \(try directory.symlinkTarget(name).printable)"
      default: break
      }
    }
    return found
  }

  private static func visit(
    _ directory: Descriptor, _ path: ByteString,
    _ body: (ByteString, FileStatus, Descriptor) throws -> Void
  ) throws {
    for name in try directory.entryNames() {
      let inner = path.appending(name)
      let status = try directory.status(of: name)
      try body(inner, status, directory)
      guard status.kind == .directory else { continue }
      let opened = try directory.open(name, [.directory, .noFollow])
      try visit(opened.borrowed, inner, body)
    }
  }
}
