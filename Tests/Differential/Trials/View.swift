import CLinux
import Glibc
import Linux
import Overlay

/// A mounted overlay, as the process sees it that works in it; another process serves it.
final class View {
  let place: Workspace
  private let changes: @Sendable (inout OverlayOptions) -> Void
  private var control: OwnedDescriptor
  private(set) var server: Int32 = 0

  /// Starts a server; the calling process must be single-threaded and in its own namespace.
  init(_ place: Workspace, changes: @escaping @Sendable (inout OverlayOptions) -> Void = { _ in })
    throws
  {
    self.place = place
    self.changes = changes
    control = OwnedDescriptor(owning: -1)
    try start()
  }

  /// Starts a server, the first or one after the last was killed.
  func start() throws {
    var ends: [Int32] = [-1, -1]
    try check { cl_socketpair(&ends) }
    control = OwnedDescriptor(owning: ends[0])
    let child = try check { fork() }
    if child == 0 {
      _ = Glibc.close(ends[0])
      Server(place: place, control: Descriptor(ends[1]), changes: changes).run()
    }
    _ = Glibc.close(ends[1])
    server = child
    _ = try answer()
  }

  deinit { kill() }

  private func answer() throws(Errno) -> Int64 {
    var number: Int64 = 0
    let count = try withUnsafeMutableBytes(of: &number) { room throws(Errno) in
      try control.borrowed.read(into: room)
    }
    guard count == 8 else { throw .brokenPipe }
    return number
  }

  @discardableResult
  private func ask(_ request: Server.Request, _ numbers: [Int64] = []) throws(Errno) -> Int64 {
    try control.borrowed.write([request.rawValue])
    for number in numbers {
      try withUnsafeBytes(of: number) { bytes throws(Errno) in try control.borrowed.write(bytes) }
    }
    return try answer()
  }

  /// Brings a step back; answers the step that did.
  func restore(_ step: Int64, kind: Int64) throws(Errno) -> Int64 {
    try ask(.restore, [step, kind])
  }

  /// Ends a step and begins the next; answers the number of the one that ended.
  func boundary() throws(Errno) -> Int64 {
    try ask(.boundary)
  }

  /// Unmounts and mounts again; nothing of the view may be open.
  func remount() throws(Errno) { try ask(.remount) }

  /// Ends the server in good order.
  func quit() throws(Errno) {
    try ask(.quit)
    reap()
  }

  /// Ends the server as a crash does, and takes away what is left of its mount.
  func kill() {
    guard server > 0 else { return }
    Glibc.kill(server, SIGKILL)
    reap()
    // A mount that a server left behind goes with the namespace if not now.
    try? place.unmount()
  }

  private func reap() {
    if server > 0 { waitpid(server, nil, 0) }
    server = 0
  }

  func root() throws(Errno) -> OwnedDescriptor {
    try Descriptor.currentDirectory.open(place.view, [.directory])
  }
}
