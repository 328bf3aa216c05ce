import CFuse
import CLinux
import Glibc
import Linux

// A mount that everybody sees, for programs outside any box. libfuse mounts it: as root by
// mount(2), otherwise with the help of fusermount3.
extension FileSystem {
  /// Mounts the view at a directory and serves it until it is unmounted.
  ///
  /// `source` is what the table of mounts says it shows; it has no comma.
  package func mount(
    _ source: String, at point: ByteString, allowsOthers: Bool, isReadOnly: Bool
  ) throws(Errno) {
    var options = "fsname=\(source),subtype=cowbox,default_permissions"
    if allowsOthers { options += ",allow_other" }
    if isReadOnly { options += ",ro" }
    let session = try makeSession(options: options)
    let failure = point.withCString { fuse_session_mount(session, $0) }
    guard failure == 0 else {
      fuse_session_destroy(session)
      throw failure < -1 ? Errno(-failure) : .notPermitted
    }
    mounted(session)
    view = { try Descriptor.currentDirectory.open(point, [.directory]) }
    // The session closes its own descriptor when it unmounts; the workers have theirs.
    var devices = [try Descriptor(fuse_session_fd(session)).duplicate().release()]
    for _ in 1..<Self.deviceCount {
      let device = try Descriptor.currentDirectory.open("/dev/fuse" as ByteString, [.readWrite])
      devices.append(device.release())
    }
    try serve(devices: devices)
  }

  /// Ends a mount of `mount(_:at:)`, also one that somebody still stands in: nothing of what was
  /// written until now is lost, and nothing is taken any more.
  package func unmount() {
    bringDown()
    if let session { fuse_session_unmount(session) }
    var set = PollSet()
    set.add(ended)
    // Who keeps a file open keeps the connection, which then ends with this process.
    if (try? set.wait(milliseconds: Self.patienceAtEnd)) != true { changing.close() }
    stop(joining: set.events(at: 0) != [])
  }

  private static let patienceAtEnd: Int32 = 1000
}
