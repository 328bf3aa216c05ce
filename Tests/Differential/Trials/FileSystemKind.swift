import CLinux
import Glibc
import Harness
import Linux

/// A kind of file system that trials can be made on.
package enum FileSystemKind: String, CaseIterable, Sendable {
  case ext4
  case xfs
  case btrfs
  case tmpfs

  /// Mounts a new one in a namespace of this process's own; answers where trials may be made.
  ///
  /// It goes with the process. The process must be single-threaded, and root but for tmpfs.
  package func mount(below base: ByteString) throws -> ByteString {
    try Workspace.enterNamespace()
    if self == .tmpfs {
      try base.withCString { path throws(Errno) in
        _ = try check { Glibc.mount("none", path, "tmpfs", 0, "size=1g,mode=1777") }
      }
      return base
    }
    var name = base.appending("cowbox-image.XXXXXX").bytes.map { CChar(bitPattern: $0) } + [0]
    let image = OwnedDescriptor(owning: try check { mkstemp(&name) })
    let path = name.withUnsafeBufferPointer { $0.baseAddress.map { ByteString(cString: $0) } } ?? ""
    // The loop device holds the file, whose name goes: by its directory, which is mounted over then.
    let directory = try Descriptor.currentDirectory.open(base, [.directory])
    defer { try? directory.borrowed.remove(path.lastComponent) }
    try image.borrowed.truncate(to: 2 << 30)
    try Self.run("mkfs.\(rawValue)", "-q", path.printable)
    try Self.run("mount", "-o", "loop", path.printable, base.printable)
    return base
  }

  private static func run(_ words: String...) throws {
    let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"]
    // The shell looks in that PATH; posix_spawnp(3) would look in this process's own.
    let command = ["sh", "-c", "exec \"$0\" \"$@\""] + words
    let ended = try Command(command, in: "/", environment: environment).run()
    guard ended.status == 0 else { throw Failure("\(words[0]): \(ended.text)\(ended.complaint)") }
  }

  private struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }
}
