import CLinux
import Glibc
import Linux

/// A temporary directory with two equal trees, a session's store and a place to mount.
package struct Workspace: Sendable {
  package let path: ByteString
  /// The tree that operations are made on directly.
  var plain: ByteString { path.appending("plain") }
  /// The tree that the overlay shows, and must never write.
  var lower: ByteString { path.appending("lower") }
  /// Another tree that the overlay shows beside it, where it exists.
  var second: ByteString { path.appending("second") }
  var state: ByteString { path.appending("state") }
  var target: ByteString { path.appending("mount") }
  /// The root as the overlay shows it.
  var view: ByteString { target.appending("1") }

  /// Makes the directories below a temporary one.
  init(in base: ByteString) throws(Errno) {
    var template = base.appending("cowbox-fuzz.XXXXXX").bytes.map { CChar(bitPattern: $0) } + [0]
    guard mkdtemp(&template) != nil else { throw .last }
    path = template.withUnsafeBufferPointer { text in
      text.baseAddress.map { ByteString(cString: $0) } ?? ByteString([])
    }
    try Descriptor.currentDirectory.chmod(path, 0o755)
    for directory in [plain, lower, state, target] {
      try Descriptor.currentDirectory.makeDirectory(directory, mode: 0o755)
    }
  }

  /// Makes one more directory.
  func makeDirectory(_ name: ByteString) throws(Errno) {
    try Descriptor.currentDirectory.makeDirectory(path.appending(name), mode: 0o755)
  }

  /// Removes everything; call it outside of the namespace in which something is mounted.
  func remove() { Self.remove(path, isDirectory: true) }

  static func remove(_ path: ByteString, isDirectory: Bool) {
    if isDirectory {
      // What can't be removed stays in the temporary directory.
      try? Descriptor.currentDirectory.chmod(path, 0o700)
      if let opened = try? Descriptor.currentDirectory.open(path, [.directory, .noFollow]),
        let names = try? opened.borrowed.entryNames()
      {
        for name in names {
          guard let status = try? opened.borrowed.status(of: name) else { continue }
          remove(path.appending(name), isDirectory: status.kind == .directory)
        }
      }
    }
    try? Descriptor.currentDirectory.remove(path, isDirectory: isDirectory)
  }

  /// Lets this process and what it starts write nowhere but here.
  ///
  /// No symlink that a random run makes can then lead root to the machine's own files. The process
  /// must have a mount namespace of its own.
  func sealEverythingElse() throws(Errno) {
    guard Process.user == 0 else { return }
    try path.withCString { path throws(Errno) in
      _ = try check { Glibc.mount(path, path, nil, UInt(MS_BIND), nil) }
    }
    try Self.set(readOnly: true, "/", recursively: true)
    // /proc is written to drop caches, /dev is memory of this machine's own, /tmp takes what is said.
    for path: ByteString in [path, "/proc", "/dev", "/tmp"] {
      do throws(Errno) { try Self.set(readOnly: false, path, recursively: true) } catch .invalid {
        // Not a mount of its own.
      }
    }
  }

  private static func set(readOnly: Bool, _ path: ByteString, recursively: Bool) throws(Errno) {
    let flag = UInt64(MOUNT_ATTR_RDONLY)
    try path.withCString { path throws(Errno) in
      _ = try check {
        cl_set_mount_attributes(
          AT_FDCWD, path, recursively ? UInt32(AT_RECURSIVE) : 0, readOnly ? flag : 0,
          readOnly ? 0 : flag)
      }
    }
  }

  /// Gives this process a mount namespace of its own, and as an ordinary user the right to mount.
  static func enterNamespace() throws(Errno) {
    let (user, group) = (Process.user, Process.group)
    if user == 0 {
      try check { unshare(CLONE_NEWNS) }
    } else {
      try check { unshare(CLONE_NEWNS | CLONE_NEWUSER) }
      try write("deny", to: "/proc/self/setgroups")
      try write("\(user) \(user) 1", to: "/proc/self/uid_map")
      try write("\(group) \(group) 1", to: "/proc/self/gid_map")
    }
    try check { Glibc.mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) }
    // In a namespace of one's own one may do anything to one's own files; outside one may not, and
    // no keeper serves from inside. Only mounting is left.
    if user != 0 { try allow([.mounting], and: [.looking]) }
  }

  /// Has these capabilities in effect from now on, and those within reach.
  static func allow(_ effective: CapabilitySet, and permitted: CapabilitySet) throws(Errno) {
    let all = effective.union(permitted)
    try check { cl_set_capabilities(effective.rawValue, all.rawValue, 0) }
  }

  private static func write(_ text: String, to path: ByteString) throws(Errno) {
    let file = try Descriptor.currentDirectory.open(path, [.writeOnly])
    try file.borrowed.write(Array(text.utf8))
  }

  func mount(device: Int32) throws(Errno) {
    let data =
      "fd=\(device),rootmode=40000,user_id=\(Process.user),group_id=\(Process.group),"
      + "default_permissions,allow_other,max_read=1048576"
    try target.withCString { target throws(Errno) in
      _ = try check {
        Glibc.mount("cowbox", target, "fuse", UInt(MS_NOSUID | MS_NODEV), data)
      }
    }
  }

  func unmount() throws(Errno) {
    try target.withCString { target throws(Errno) in
      _ = try check { umount2(target, Int32(MNT_DETACH)) }
    }
  }
}

extension CapabilitySet {
  /// CAP_SYS_ADMIN.
  static let mounting = number(21)
  /// CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what it takes to see all of a tree.
  static let looking: CapabilitySet = [number(1), number(2)]
}

extension Descriptor {
  fileprivate func chmod(_ path: ByteString, _ mode: mode_t) throws(Errno) {
    try path.withCString { path throws(Errno) in
      _ = try check { fchmodat(raw, path, mode, 0) }
    }
  }
}
