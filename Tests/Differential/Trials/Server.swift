import CLinux
import Glibc
import Linux
import Overlay
import Store

/// Serves an overlay in a process of its own, as a client asks for it over a socket.
struct Server {
  /// What a client asks for; each is answered by eight bytes.
  enum Request: UInt8 {
    case boundary = 1
    case remount
    case quit
    /// With the step and what it is called, 0 undo, 1 redo, 2 restore, as eight bytes each.
    case restore
  }

  let place: Workspace
  let control: Descriptor
  let changes: @Sendable (inout OverlayOptions) -> Void

  /// What is alive between a mount and its end.
  private struct Service {
    let store: SessionStore
    let system: FileSystem
  }

  /// Serves until the client quits or goes; never returns.
  func run() -> Never {
    _ = cl_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL))
    // Not the one of the operations, which may deny a user his own files.
    umask(0o077)
    do {
      if Process.user != 0 { try Workspace.allow([.mounting], and: []) }
      try serve()
      Glibc._exit(0)
    } catch {
      complain("cowbox-fuzz: server: \(error)")
      Glibc._exit(1)
    }
  }

  private func serve() throws {
    var service: Service? = try start()
    try answer(0)
    while let request = try next() {
      switch request {
      case .boundary:
        let step = service?.system.beginStep(.mark, command: [], bringingDown: true)
        try answer((step?.id.rawValue ?? 0) - 1)
      case .remount:
        if let service { try stop(service) }
        // The session's lock goes with the store.
        service = nil
        service = try start()
        try answer(0)
      case .restore:
        let (step, kind) = (StepID(try number()), try number())
        let kinds: [Step.Kind] = [.undo, .redo, .restore]
        let made = try service?.system.restore(to: step, as: kinds[Int(kind)])
        // What is written from now on is not of the step that brought it back.
        _ = service?.system.beginStep(.mark, command: [])
        try answer(made?.id.rawValue ?? 0)
      case .quit:
        if let service { try stop(service) }
        service = nil
        try answer(0)
        return
      }
    }
  }

  private func start() throws -> Service {
    let state = try Descriptor.currentDirectory.open(place.state, [.directory])
    var lowers = [try root(1, place.lower)]
    if (try? Descriptor.currentDirectory.status(of: place.second)) != nil {
      lowers.append(try root(2, place.second))
    }
    let exists = (try? state.borrowed.status(of: "session.db")) != nil
    let store =
      exists
      ? try SessionStore.open(state)
      : try SessionStore.create(in: state, roots: lowers.map(\.root))
    var options = OverlayOptions(
      mapsAllIDs: Process.user == 0, owner: Process.user, group: Process.group)
    changes(&options)
    let system = try FileSystem(store: store, lowers: lowers, options: options)
    let devices = try (0..<FileSystem.deviceCount).map { _ throws(Errno) in
      try Descriptor.currentDirectory.open("/dev/fuse", [.readWrite]).release()
    }
    try place.mount(device: devices[0])
    system.view = { [place] in try Descriptor.currentDirectory.open(place.view, [.directory]) }
    try system.serve(devices: devices)
    return Service(store: store, system: system)
  }

  private func root(_ id: Int64, _ path: ByteString) throws(Errno) -> OpenRoot {
    let directory = try Descriptor.currentDirectory.open(path, [.directory])
    let status = try directory.borrowed.status()
    return OpenRoot(
      root: Root(
        id: id, path: path, role: id == 1 ? .project : .extra, device: status.device,
        inode: status.inode),
      descriptor: directory)
  }

  private func stop(_ service: Service) throws {
    try place.unmount()
    service.system.wait()
    try service.store.checkpoint()
  }

  private func next() throws(Errno) -> Request? {
    var byte: UInt8 = 0
    let count = try check { Glibc.read(control.raw, &byte, 1) }
    return count == 1 ? Request(rawValue: byte) : nil
  }

  private func number() throws(Errno) -> Int64 {
    var number: Int64 = 0
    let count = try withUnsafeMutableBytes(of: &number) { room throws(Errno) in
      try control.read(into: room)
    }
    guard count == 8 else { throw .brokenPipe }
    return number
  }

  private func answer(_ number: Int64) throws(Errno) {
    try withUnsafeBytes(of: number) { bytes throws(Errno) in try control.write(bytes) }
  }
}

/// Says something on standard error, at once.
func complain(_ text: String) {
  // Nobody is left to tell when standard error is gone.
  try? Descriptor.standardError.write(Array((text + "\n").utf8))
}

/// Says something on standard output, at once: what is buffered would be said by forks as well.
package func say(_ text: some CustomStringConvertible) {
  // As above.
  try? Descriptor.standardOutput.write(Array("\(text)\n".utf8))
}
