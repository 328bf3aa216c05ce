import Linux

/// The mounts of this process's namespace, read only when something went wrong.
enum MountTable {
  /// Whether what is mounted at a place was mounted by a box around this process.
  static func isOfBox(_ point: ByteString) -> Bool {
    // A table that can't be read tells nothing of a box.
    let last = (try? MountEntry.all())?.last { $0.point == point }
    return last?.source == "cowbox"
  }

  /// The mount that refuses to become read-only when all of them were asked.
  static func stubborn(under root: Descriptor) -> ByteString? {
    // Failure does not matter: the error is told all the same, without the name.
    guard let file = try? Descriptor.currentDirectory.open("/proc/self/mountinfo", .readOnly),
      let bytes = try? file.borrowed.readAll(limit: 16 << 20)
    else { return nil }
    for line in bytes.split(separator: 0x0A) {
      let words = line.split(separator: 0x20)
      guard words.count > 4 else { continue }
      let path = ByteString(words[4].drop { $0 == 0x2F })
      do { try root.restrictMount(.readOnly, at: path.isEmpty ? "." : path) } catch {
        if error != .noEntry && error != .invalid { return ByteString(words[4]) }
      }
    }
    return nil
  }
}
