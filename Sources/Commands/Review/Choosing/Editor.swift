import Changes
import Linux

/// The user's own editor, for one hunk.
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
    let folder = try PrivateFolder()
    let name = ByteString("hunk.diff")
    try write(Self.above + piece.text + Self.below, to: folder, name)
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
      throw PieceError.editorFailed(status >> 8 & 0xFF)
    }
    let text = try attempt("read what was edited") { () throws(Errno) in
      let file = try folder.directory.borrowed.open(name, [.noFollow])
      return try file.borrowed.readAll(limit: Int(1 << 28))
    }
    return try piece.edited(text, old: old)
  }

  private func write(_ text: [UInt8], to folder: borrowing PrivateFolder, _ name: ByteString) throws
  {
    try attempt("write the hunk for the editor") { () throws(Errno) in
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

extension PieceError {
  fileprivate static func editorFailed(_ status: Int32) -> PieceError {
    PieceError("the editor ended with \(status); the hunk is as it was")
  }
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
    let made = above.appending(ByteString("cowbox-edit-\(random.hex)"))
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
