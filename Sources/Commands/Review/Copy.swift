import Linux

/// Another copy of the project, to which an apply or revert is directed.
enum Copy {
  static let option = Option(
    "to", value: "DIR", "another copy of the project; the session keeps its changes")

  /// The copy that the command line names, without symlinks.
  static func path(_ invocation: Invocation) throws -> ByteString? {
    guard let word = invocation.arguments.bytes("to") else { return nil }
    do throws(Errno) {
      let path = try Process.canonical(word)
      _ = try Descriptor.currentDirectory.open(path, [.directory, .path])
      return path
    } catch {
      throw Failure.usage("'\(word.printable)' is no directory that could be applied to: \(error)")
    }
  }
}
