import CLinux
import Glibc
import Linux

// What must go on while something around the overlay does not answer.
extension Scenario {
  static let hanging: [Scenario] = [
    Scenario("requests that hang in a slow lower hold up nobody else") { try hangingLower($0) }
  ]

  private static let readerCount = 5

  /// The lower is a file system whose server was stopped, as one on a network that is gone.
  private static func hangingLower(_ place: Workspace) throws -> String? {
    let slow = try Workspace(in: place.path)
    let files = try Descriptor.currentDirectory.open(slow.lower, [.directory])
    for index in 0..<readerCount { try make(files.borrowed, "f\(index)", pattern(1, 9000)) }
    try Workspace.enterNamespace()
    let host = try View(slow)
    try bind(slow.view, to: place.lower)
    let view = try View(place)
    let root = try view.root()
    try root.borrowed.makeDirectory("own", mode: 0o755)
    try check { Glibc.kill(host.server, SIGSTOP) }
    let readers = try (0..<readerCount).map { index in
      try child { try read(root.borrowed, "f\(index)") == pattern(1, 9000) }
    }
    let worker = try child { try work(in: root.borrowed) }
    let status = try wait(for: worker, seconds: 20)
    try check { Glibc.kill(host.server, SIGCONT) }
    guard status == 0 else { return "nobody else got on: \(status.map { "\($0)" } ?? "it hung")" }
    for reader in readers where try wait(for: reader, seconds: 20) != 0 {
      return "a reader did not get its file once the lower answered again"
    }
    return nil
  }

  private static func bind(_ source: ByteString, to target: ByteString) throws(Errno) {
    try source.withCString { source throws(Errno) in
      try target.withCString { target throws(Errno) in
        _ = try check { Glibc.mount(source, target, nil, UInt(MS_BIND), nil) }
      }
    }
  }

  /// Makes files and reads them, without any need for the lower.
  private static func work(in root: Descriptor) throws -> Bool {
    for index in 0..<50 {
      try make(root, "own/n\(index)", pattern(UInt64(index), 100))
      guard try read(root, "own/n\(index)") == pattern(UInt64(index), 100) else { return false }
    }
    return true
  }

  private static func child(_ body: () throws -> Bool) throws(Errno) -> pid_t {
    let child = try check { fork() }
    if child == 0 {
      // What went wrong is told by the status alone.
      Glibc._exit((try? body()) == true ? 0 : 1)
    }
    return child
  }

  /// The exit status of a child; nil: it did not end in time, and was killed.
  private static func wait(for child: pid_t, seconds: Int) throws(Errno) -> Int32? {
    let process = OwnedDescriptor(owning: try check { cl_pidfd_open(child) })
    var waited = pollfd(fd: process.borrowed.raw, events: Int16(POLLIN), revents: 0)
    let ready = try check { poll(&waited, 1, Int32(seconds * 1000)) }
    if ready == 0 { Glibc.kill(child, SIGKILL) }
    var status: Int32 = 0
    if ready > 0 { try check { waitpid(child, &status, 0) } }
    return ready > 0 ? status : nil
  }
}
