import Linux

extension Playground {
  /// All of a tree that must not change: kinds, modes, owners, times, links and content.
  package static func fingerprint(of path: String) throws -> [String: String] {
    var found: [String: String] = [:]
    let top = try Descriptor.currentDirectory.open(ByteString(path), [.directory])
    try add(top.borrowed, at: "", to: &found)
    return found
  }

  private static func add(
    _ directory: Descriptor, at path: ByteString, to found: inout [String: String]
  ) throws {
    found[path.printable + "/"] = describe(try directory.status())
    for name in try directory.entryNames() {
      let inner = path.appending(name)
      let status = try directory.status(of: name)
      switch status.kind {
      case .directory:
        let opened = try directory.open(name, [.directory, .noFollow])
        try add(opened.borrowed, at: inner, to: &found)
      case .regular:
        found[inner.printable] = describe(status) + " " + (try digest(directory, name))
      case .symlink:
        found[inner.printable] =
          describe(status) + " -> " + (try directory.symlinkTarget(name)).printable
      default: found[inner.printable] = describe(status)
      }
    }
  }

  private static func describe(_ status: FileStatus) -> String {
    "\(status.kind) \(String(status.permissions, radix: 8)) \(status.owner):\(status.group) "
      + "\(status.linkCount) \(status.size) \(status.modified.nanoseconds) "
      + "\(status.kind == .directory ? 0 : status.inode)"
  }

  private static func digest(_ directory: Descriptor, _ name: ByteString) throws -> String {
    let file = try directory.open(name, [.readOnly, .noFollow])
    let bytes = try file.borrowed.readAll(limit: 1 << 30)
    return SHA256.digest(bytes).map { String($0, radix: 16) }.joined()
  }
}
