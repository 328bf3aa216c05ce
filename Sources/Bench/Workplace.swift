import Glibc
import Linux

/// The directories of a run, in a mount namespace of its own.
struct Workplace {
  private let path: String
  private let files: Int
  private var tree: String { path + "/tree" }

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

  /// Runs all phases on one side and reports each one's figure.
  func measure(_ side: Side, _ report: (String, Double) -> Void) throws {
    let place = path + "/" + side.name
    defer { _ = try? Command.run(["rm", "-rf", place]) }
    for name in ["view", "upper", "work", "session"] {
      try Command.require(["mkdir", "-p", place + "/" + name])
    }
    // The lower's pages and names are warm for every side alike.
    try Command.require(["sh", "-c", "find \(tree) -type f -exec cat {} + > /dev/null"])
    let mounted = try mount(side, at: place)
    defer { mounted.end() }
    let output = place + "/figures"
    try Command.inChild { try Client(mounted.view, files: files).run(into: output) }
    for line in try Command.lines(of: output) {
      let words = line.split(separator: "\t")
      if words.count == 2, let value = Double(words[1]) { report(String(words[0]), value) }
    }
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
      let server = try Server.start(lower: tree, view: view, session: place + "/session")
      return Mounted(view: view + "/1", point: view, server: server)
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

  func end() {
    if let point { umount2(point, 0) }
    if let server {
      var status: Int32 = 0
      waitpid(server, &status, 0)
    }
  }
}
