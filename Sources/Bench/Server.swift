import Glibc
import Linux
import Overlay
import Store

/// The overlay, served by a process of its own as the keeper does.
enum Server {
  /// Starts the server and waits until it serves.
  static func start(lower: String, view: String, session: String, tally: RequestTally) throws
    -> pid_t
  {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Errno.last }
    let child = fork()
    if child == 0 {
      close(ends[0])
      do { try run([lower, view, session], ready: ends[1], tally: tally) } catch {
        Complaint.say("cowbox-bench: \(error)")
        _exit(1)
      }
      _exit(0)
    }
    close(ends[1])
    var byte: UInt8 = 0
    let count = read(ends[0], &byte, 1)
    close(ends[0])
    guard count == 1 else { throw Complaint("the overlay's server did not start") }
    return child
  }

  static func run(_ words: [String], ready: Int32 = -1, tally: RequestTally? = nil) throws {
    guard words.count == 3 else { throw Complaint("--serve wants LOWER VIEW SESSION") }
    let lower = ByteString(words[0])
    let directory = try Descriptor.currentDirectory.open(lower, [.directory])
    let status = try directory.borrowed.status()
    let root = Root(
      id: 1, path: lower, role: .project, device: status.device, inode: status.inode)
    let place = try Descriptor.currentDirectory.open(ByteString(words[2]), [.directory])
    let store = try SessionStore.create(in: place, roots: [root])
    _ = store.beginStep(.mount)
    let devices = try mountFuse(at: words[1])
    var options = OverlayOptions(
      mapsAllIDs: geteuid() == 0, owner: geteuid(), group: getegid())
    options.tally = tally
    // As in a box, where the root is bound to its place: no directory above it costs a lookup.
    options.rootIsTop = true
    let system = try FileSystem(
      store: store, lowers: [OpenRoot(root: root, descriptor: directory)], options: options)
    try system.serve(devices: devices)
    if ready >= 0 {
      write(ready, "1", 1)
      close(ready)
    }
    system.wait()
    try store.checkpoint()
  }

  private static func mountFuse(at point: String) throws -> [Int32] {
    var devices: [Int32] = []
    for _ in 0..<FileSystem.deviceCount {
      let device = try Descriptor.currentDirectory.open("/dev/fuse", [.readWrite])
      devices.append(device.release())
    }
    let options =
      "fd=\(devices[0]),rootmode=40000,user_id=\(geteuid()),group_id=\(getegid()),"
      + "allow_other,default_permissions,max_read=1048576"
    guard Glibc.mount("cowbox", point, "fuse", UInt(MS_NOSUID | MS_NODEV), options) == 0 else {
      throw Complaint("cannot mount FUSE: \(Errno.last)")
    }
    return devices
  }
}
