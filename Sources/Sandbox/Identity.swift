import Linux

/// Which ids a user namespace knows, and how that is written.
struct Identity: Sendable {
  let user: UInt32
  let group: UInt32
  /// The whole lines of uid_map and gid_map where the caller may map every id, else nil.
  let ranges: (users: [UInt8], groups: [UInt8])?

  /// What the caller may map: every id it knows with CAP_SETUID and CAP_SETGID, else its own.
  static func ofCaller() -> Identity {
    // Failure does not matter: without knowing better, the caller maps its own ids only.
    let capabilities = (try? Process.capabilities()) ?? []
    guard capabilities.isSuperset(of: .setIDs), let users = sameRanges("/proc/self/uid_map"),
      let groups = sameRanges("/proc/self/gid_map")
    else { return Identity(user: Process.user, group: Process.group, ranges: nil) }
    return Identity(user: Process.user, group: Process.group, ranges: (users, groups))
  }

  /// Writes the map of the outer namespace, from outside it, for a process that waits inside.
  func writeOuter(for process: Int32) throws(Errno) {
    try write("/proc/\(process)", fakeRoot: false)
  }

  /// Writes the map of the inner namespace, from inside or, for whole ranges, from the outer one.
  func writeInner(for process: String, fakeRoot: Bool) throws(Errno) {
    try write("/proc/\(process)", fakeRoot: fakeRoot)
  }

  private func write(_ directory: String, fakeRoot: Bool) throws(Errno) {
    if let ranges, !fakeRoot {
      try put(ranges.users, "\(directory)/uid_map")
      try put(ranges.groups, "\(directory)/gid_map")
      return
    }
    // An ordinary user's gid_map is only taken once setgroups(2) is out of reach.
    try put(Array("deny".utf8), "\(directory)/setgroups")
    try put(Array("\(fakeRoot ? 0 : user) \(user) 1\n".utf8), "\(directory)/uid_map")
    try put(Array("\(fakeRoot ? 0 : group) \(group) 1\n".utf8), "\(directory)/gid_map")
  }

  private func put(_ bytes: [UInt8], _ path: String) throws(Errno) {
    let file = try Descriptor.currentDirectory.open(ByteString(path), .writeOnly)
    try file.borrowed.write(bytes)
  }

  /// The lines of a map with every id mapped to itself: "first first count".
  private static func sameRanges(_ path: ByteString) -> [UInt8]? {
    // Failure does not matter: no ranges means the caller's own ids.
    guard let file = try? Descriptor.currentDirectory.open(path, .readOnly),
      let bytes = try? file.borrowed.readAll(limit: 1 << 16)
    else { return nil }
    var lines: [UInt8] = []
    for line in bytes.split(separator: 0x0A) {
      let words = line.split(separator: 0x20)
      guard words.count == 3 else { return nil }
      for word in [words[0], words[0], words[2]] { lines += Array(word) + [0x20] }
      lines[lines.count - 1] = 0x0A
    }
    return lines.isEmpty ? nil : lines
  }
}
