import Linux
import Sessions

/// What doctor prepares on the host's side of the walls, to be reached for from inside.
final class DoctorGround {
  let place: ByteString
  let ground: CrossingGround
  private let sockets: [Int32]

  var project: ByteString { place.appending("project") }
  var outside: ByteString { place.appending("outside") }
  var secret: ByteString { outside.appending("secret") }

  /// Makes a directory of its own with a project, files, and sockets that listen.
  init(state: ByteString) throws {
    let place = ByteString("/var/tmp/cowbox-doctor-\(Process.id)")
    let here = Descriptor.currentDirectory
    try attempt("create", place) { () throws(Errno) in
      for name in ["", "project", "outside"] {
        try here.makeDirectory(name.isEmpty ? place : place.appending(ByteString(name)))
      }
      for name: ByteString in ["outside/file", "outside/secret", "temporary"] {
        let file = try here.open(place.appending(name), [.writeOnly, .create], mode: 0o600)
        try file.borrowed.write(Array("secret\n".utf8))
      }
    }
    let (listener, port, socket) = try attempt("listen at", place) {
      () throws(Errno) -> (Int32, UInt16, Int32) in
      // By its whole path, as the kernel then tells it to who looks for sockets to mask.
      let socket = try Descriptor.listen(atPath: place.appending("outside/socket")).release()
      let listener = try InternetAddress.listenOnLoopback(port: 0)
      let port = try listener.borrowed.localPort()
      return (listener.release(), port, socket)
    }
    sockets = [listener, socket]
    self.place = place
    var ground = CrossingGround()
    ground.outside = place.appending("outside")
    ground.temporary = place.appending("temporary")
    (ground.state, ground.process, ground.port) = (state, Process.id, port)
    ground.openFiles = Self.openFiles
    self.ground = ground
  }

  /// How many files the command inside may open.
  static let openFiles = 64

  deinit {
    for raw in sockets { _ = OwnedDescriptor(owning: raw) }
    // What is left over harms nobody: the place is doctor's own.
    let here = Descriptor.currentDirectory
    for name: ByteString in ["outside/file", "outside/secret", "outside/socket", "temporary"] {
      try? here.remove(place.appending(name))
    }
    for path in [outside, project, place] { try? here.remove(path, isDirectory: true) }
  }
}
