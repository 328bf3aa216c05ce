import Linux

/// Where this process stands in the machine's control groups, and how they are mounted.
struct ControlGroupTree {
  /// The directory of the process's own group of version 2; nil where that is not mounted.
  let unified: (mount: ByteString, own: ByteString)?
  /// The same for each controller of version 1.
  let separate: [String: ByteString]

  /// Reads `/proc/self/cgroup` and `/proc/self/mountinfo`.
  static func ofProcess() -> ControlGroupTree {
    ControlGroupTree(groups: text("/proc/self/cgroup"), mounts: text("/proc/self/mountinfo"))
  }

  /// What the two files say.
  init(groups: [UInt8], mounts: [UInt8]) {
    let paths = Self.paths(groups)
    var unified: (ByteString, ByteString)?
    var separate: [String: ByteString] = [:]
    for mount in Self.mounts(mounts) {
      if mount.kind == "cgroup2" {
        if let own = paths[""].flatMap({ Self.directory($0, in: mount) }) {
          unified = unified ?? (mount.point, own)
        }
        continue
      }
      for option in mount.options {
        if let own = paths[option].flatMap({ Self.directory($0, in: mount) }) {
          separate[option] = separate[option] ?? own
        }
      }
    }
    self.unified = unified
    self.separate = separate
  }

  private struct Mount {
    let root: ByteString
    let point: ByteString
    let kind: String
    let options: [String]
  }

  /// "4:memory:/path" by controller; "0::/path" by "".
  private static func paths(_ text: [UInt8]) -> [String: ByteString] {
    var paths: [String: ByteString] = [:]
    for line in text.split(separator: 0x0A) {
      let parts = line.split(separator: 0x3A, maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = String(decoding: parts[1], as: UTF8.self)
      for name in controllers.split(separator: ",", omittingEmptySubsequences: false) {
        paths[String(name)] = ByteString(parts[2])
      }
    }
    return paths
  }

  /// The control groups among the mounts, proc_pid_mountinfo(5).
  private static func mounts(_ text: [UInt8]) -> [Mount] {
    text.split(separator: 0x0A).compactMap { line in
      let words = line.split(separator: 0x20)
      guard let dash = words.firstIndex(where: { $0.elementsEqual("-".utf8) }),
        words.count > dash + 3, dash > 5
      else { return nil }
      let kind = String(decoding: words[dash + 1], as: UTF8.self)
      guard kind == "cgroup" || kind == "cgroup2" else { return nil }
      let options = String(decoding: words[dash + 3], as: UTF8.self).split(separator: ",")
      return Mount(
        root: ByteString(words[3]), point: ByteString(words[4]), kind: kind,
        options: options.map(String.init))
    }
  }

  /// The directory of a group; nil where the mount does not show it.
  private static func directory(_ path: ByteString, in mount: Mount) -> ByteString? {
    guard path == mount.root || mount.root == "/" || path.isWithin(mount.root) else { return nil }
    let inner =
      mount.root == "/" ? ByteString(path.bytes.dropFirst()) : path.relative(to: mount.root)
    return inner.isEmpty || path == mount.root ? mount.point : mount.point.appending(inner)
  }

  private static func text(_ path: ByteString) -> [UInt8] {
    // Failure does not matter: without /proc no group is found.
    guard let file = try? Descriptor.currentDirectory.open(path, .readOnly) else { return [] }
    return (try? file.borrowed.readToEnd()) ?? []
  }
}
