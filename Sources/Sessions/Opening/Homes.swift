import Linux

/// The home directories whose secrets a run must not see, besides the one that HOME names.
///
/// HOME is only a variable: who starts cowbox with another one, or by sudo, has a home all the same.
enum Homes {
  /// Those that the machine's user file has for this user and for the one who called sudo.
  static func others(besides home: ByteString?) -> [ByteString] {
    var users = [String(Process.user)]
    if Process.user == 0, let caller = Process.variable("SUDO_UID")?.string { users.append(caller) }
    // Failure does not matter: without the file there is no other home to know of.
    guard let file = try? Descriptor.currentDirectory.open("/etc/passwd" as ByteString, []),
      let bytes = try? file.borrowed.readAll(limit: 1 << 20)
    else { return [] }
    return bytes.split(separator: 0x0A).compactMap { line in
      let words = line.split(separator: 0x3A, omittingEmptySubsequences: false)
      guard words.count > 5, words[5].first == 0x2F, words[5].count > 1,
        users.contains(where: { words[2].elementsEqual($0.utf8) })
      else { return nil }
      let path = ByteString(words[5])
      return path == home ? nil : path
    }
  }
}
