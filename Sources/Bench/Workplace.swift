import Glibc
import Linux
import Overlay

/// The directories of a run, in a mount namespace of its own.
struct Workplace {
  let path: String
  let files: Int
  private var tree: String { path + "/tree" }
  private var archive: String { path + "/archive.tar" }

  /// Moves this process out of sight: what is mounted here is gone when it ends.
  static func isolate() throws {
    let isRoot = geteuid() == 0
    let (user, group) = (geteuid(), getegid())
    guard unshare(isRoot ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) == 0 else {
      throw Complaint("cannot make a mount namespace: \(Errno.last)")
    }
    if !isRoot {
      try write("deny", to: "/proc/self/setgroups")
      try write("\(user) \(user) 1", to: "/proc/self/uid_map")
      try write("\(group) \(group) 1", to: "/proc/self/gid_map")
    }
    guard Glibc.mount(nil, "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0 else {
      throw Complaint("cannot make mounts private: \(Errno.last)")
    }
  }

  private static func write(_ words: String, to path: ByteString) throws {
    let file = try Descriptor.currentDirectory.open(path, [.writeOnly])
    try file.borrowed.write(Array(words.utf8))
  }

  init(files: Int, largeBytes: Int64) throws {
    var template = Array("/var/tmp/cowbox-bench.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno.last }
    path = ByteString(cString: template).printable
    self.files = files
    try Tree.make(at: tree, files: files, largeBytes: largeBytes)
    try Client.makeArchive(at: archive, in: path)
  }

  func remove() { _ = try? Command.run(["rm", "-rf", path]) }

  /// Whether a side can run here; says so where it can't.
  func canRun(_ side: Side) throws -> Bool {
    if let program = side.program, (try? Command.run(["sh", "-c", "command -v \(program)"])) != 0 {
      Complaint.say("\(side.name) is not installed: left out")
      return false
    }
    return true
  }

  /// Runs phases on one side and reports each one's figure.
  func measure(_ side: Side, only: Set<String>, _ report: (Figure) -> Void) throws {
    try withView(of: side) { view, meter in
      let output = path + "/figures"
      try Command.inChild {
        try Client(view, files: files, archive: archive)
          .run(only: only, watching: meter, into: output)
      }
      for line in try Command.lines(of: output) { Client.figure(line).map(report) }
    }
  }

  /// Shows the tree by one side, fresh, while `body` runs.
  func withView(of side: Side, _ body: (String, ServerMeter?) throws -> Void) throws {
    let place = path + "/" + side.name
    defer { _ = try? Command.run(["rm", "-rf", place]) }
    for name in ["view", "upper", "work", "session"] {
      try Command.require(["mkdir", "-p", place + "/" + name])
    }
    let mounted = try mount(side, at: place)
    defer { mounted.end() }
    // Pages and names are warm for every side alike.
    let shown = side == .native ? mounted.view : tree
    try Command.require(["sh", "-c", "find \(shown) -type f -exec cat {} + > /dev/null"])
    try body(mounted.view, mounted.meter)
  }

  /// Serves a directory by cowbox, below a new place.
  func serve(_ lower: String, at place: String) throws -> Mounted {
    for name in ["view", "session"] { try Command.require(["mkdir", "-p", place + "/" + name]) }
    let view = place + "/view"
    let tally = try RequestTally()
    let server = try Server.start(
      lower: lower, view: view, session: place + "/session", tally: tally)
    return Mounted(
      view: view, point: view, server: server,
      meter: try ServerMeter(server: server, tally: tally))
  }

  /// What starting costs, in a tree of this run's size.
  func measureStartup(of program: String) throws -> String {
    try Startup(program: program).run(tree: tree, scratch: path)
  }

  private func mount(_ side: Side, at place: String) throws -> Mounted {
    let view = place + "/view"
    switch side {
    case .native:
      try Command.require(["cp", "-a", tree + "/.", view])
      return Mounted(view: view, point: nil, server: nil)
    case .cowbox:
      return try serve(tree, at: place)
    case .kernel:
      let options =
        "lowerdir=\(tree),upperdir=\(place)/upper,workdir=\(place)/work"
        + (geteuid() == 0 ? "" : ",userxattr")
      guard Glibc.mount("overlay", view, "overlay", 0, options) == 0 else {
        throw Complaint("cannot mount overlayfs: \(Errno.last)")
      }
      return Mounted(view: view, point: view, server: nil)
    default:
      let options = "lowerdir=\(tree),upperdir=\(place)/upper,workdir=\(place)/work"
      try Command.require(["fuse-overlayfs", "-o", options, view])
      return Mounted(view: view, point: view, server: nil)
    }
  }
}

/// A side's view while it is mounted.
struct Mounted {
  let view: String
  let point: String?
  let server: pid_t?
  var meter: ServerMeter?

  func end() {
    if let point { umount2(point, 0) }
    if let server {
      var status: Int32 = 0
      waitpid(server, &status, 0)
    }
  }
}
