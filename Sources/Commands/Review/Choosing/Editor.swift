import Changes
import Linux

/// The user's own editor.
struct Editor {
  private let words: [ByteString]

  /// The editor that the user's environment names, else vi.
  init() {
    let named = Process.variable("VISUAL") ?? Process.variable("EDITOR") ?? "vi"
    words = named.bytes.split(separator: 0x20).map { ByteString($0) }
  }

  /// What the user makes of a hunk; nil: nothing of it is taken.
  ///
  /// An editor obeys what it finds beside a file (.exrc) and in its first and last lines (vim's
  /// modelines): it works in a directory of its own, and those lines are ours.
  func edit(_ piece: Piece, old: [[UInt8]]) throws -> Piece? {
    do {
      let text = try edit(Self.above + piece.text + Self.below, as: "hunk.diff")
      return try piece.edited(text, old: old)
    } catch let error as EditorFailure {
      throw PieceError("\(error.description); the hunk is as it was")
    }
  }

  /// What the user makes of a text, which the editor sees as a file of that name.
  func edit(_ text: [UInt8], as name: ByteString) throws -> [UInt8] {
    let folder = try PrivateFolder()
    try write(text, to: folder, name)
    let process = try attempt("start the editor", words.first) { () throws(Errno) in
      try SpawnedProcess.start(
        words.first ?? "vi", words + [name], environment: Process.environment,
        streams: [.standardInput, .standardOutput, .standardError], directory: folder.path)
    }
    let status: Int32
    do throws(Errno) { status = try process.wait() } catch {
      throw SystemError("wait for the editor", words.first, error)
    }
    guard status == 0 else {
      throw EditorFailure(status: status >> 8 & 0xFF)
    }
    return try attempt("read what was edited") { () throws(Errno) in
      let file = try folder.directory.borrowed.open(name, [.noFollow])
      return try file.borrowed.readAll(limit: Int(1 << 28))
    }
  }

  private func write(_ text: [UInt8], to folder: borrowing PrivateFolder, _ name: ByteString) throws
  {
    try attempt("write the file for the editor") { () throws(Errno) in
      let file = try folder.directory.borrowed.open(
        name, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
      try file.borrowed.write(text)
    }
  }

  private static let above = Array(
    """
    # One hunk of a change, to be edited.
    # Lines that begin with ' ' stay, those with '-' go, those with '+' come.
    # To keep a line that goes, turn its '-' into ' '.
    # To leave out a line that comes, delete it; others may be added.
    # Lines that begin with '#' don't count.

    """.utf8)

  private static let below = Array(
    """
    # ------------------------------------------------------------------
    # The end of the hunk. What is left out here is not lost:
    # it stays pending in the session.
    # Without any line that begins with '+' or '-' nothing is taken.
    # An empty file means the same.

    """.utf8)
}

/// An editor that did not end well: what it left is not what the user means.
struct EditorFailure: Error, CustomStringConvertible {
  let status: Int32

  var description: String { "the editor ended with \(status)" }
}

/// A directory that only the user can read, removed with what is in it.
struct PrivateFolder: ~Copyable {
  let path: ByteString
  let directory: OwnedDescriptor

  init() throws {
    let above = Process.variable("TMPDIR") ?? "/tmp"
    let random = try attempt("get random bytes") { () throws(Errno) in
      try Process.randomBytes(8)
    }
    let made = above.appending(ByteString("cowbox-edit-\(random.hexadecimal)"))
    try attempt("make the directory", made) { () throws(Errno) in
      try Descriptor.currentDirectory.makeDirectory(made, mode: 0o700)
    }
    directory = try attempt("open the directory", made) { () throws(Errno) in
      try Descriptor.currentDirectory.open(made, [.directory, .noFollow])
    }
    path = made
  }

  deinit {
    // What can't be removed is in the directory for temporary files, and the user's own.
    try? Descriptor.currentDirectory.removeTree(path)
  }
}
