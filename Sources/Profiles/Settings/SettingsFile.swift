import Linux

/// A profile file of the user's, changed key by key.
package struct SettingsFile: Sendable {
  package let path: ByteString

  /// A file that need not exist yet.
  package init(path: ByteString) { self.path = path }

  /// The text, empty where there is no file.
  package func text() throws(ProfileError) -> String {
    do throws(Errno) {
      let file = try Descriptor.currentDirectory.open(path, [])
      return String(decoding: try file.borrowed.readAll(limit: 1 << 20), as: UTF8.self)
    } catch .noEntry {
      return ""
    } catch {
      throw ProfileError(file: path.printable, "cannot read it: \(error)")
    }
  }

  /// Gives a setting a value, or none; the rest of the file stays as it is, byte for byte.
  package func change(_ setting: Setting, to value: String?) throws {
    let before = try text()
    var edit = TomlEdit(before)
    if let value { edit.set(setting, to: value) } else { edit.remove(setting) }
    try check(edit.text, says: value, of: setting)
    if edit.text != before { try replace(with: edit.text) }
  }

  /// Puts a new text in the place of the old, at once; one with a mistake is refused.
  package func replace(with text: String) throws {
    _ = try ProfileLayer(Array(text.utf8), file: path.printable)
    try write(text)
  }

  /// The file beside this one that keeps a text which has a mistake.
  package var draft: SettingsFile { SettingsFile(path: ByteString(path.bytes + ".draft".utf8)) }

  /// Removes the file, where there is one.
  package func remove() throws(SystemError) {
    do throws(Errno) { try Descriptor.currentDirectory.remove(path) } catch .noEntry {
      // There was none.
    } catch { throw SystemError("remove", path, error) }
  }

  /// The same for a text that may have mistakes.
  package func write(_ text: String) throws {
    // The file itself may be a symlink, into a directory of dotfiles say.
    let target = (try? Process.canonical(path)) ?? path
    let fresh = ByteString(target.bytes + Array(".new".utf8))
    try makeDirectory(target.parent)
    try attempt("write", path) { () throws(Errno) in
      let here = Descriptor.currentDirectory
      let file = try here.open(fresh, [.writeOnly, .create, .truncate, .noFollow], mode: 0o644)
      try file.borrowed.write(Array(text.utf8))
      try file.borrowed.synchronize()
      try here.rename(fresh, to: here, target)
    }
  }

  /// An edit of text may not have meant what the parser reads.
  private func check(_ text: String, says value: String?, of setting: Setting) throws {
    let layer = try ProfileLayer(Array(text.utf8), file: path.printable)
    let said = layer.changes.compactMap(\.change.setting).filter { $0.name == setting.name }
    if said.isEmpty != (value == nil) {
      throw ProfileError(
        file: path.printable, "'\(setting.name)' is written in a way that only an editor can change"
      )
    }
  }

  private func makeDirectory(_ directory: ByteString) throws {
    do throws(Errno) {
      try Descriptor.currentDirectory.makeDirectory(directory, mode: 0o755)
    } catch .exists {
      // It is there.
    } catch .noEntry {
      try makeDirectory(directory.parent)
      try makeDirectory(directory)
    } catch { throw SystemError("make", directory, error) }
  }
}
