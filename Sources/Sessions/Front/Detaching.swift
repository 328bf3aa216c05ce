import Linux

extension RunningSession {
  /// Starts a command that goes on without its front; answers where its output goes.
  package func startDetached(_ request: CommandRequest) throws -> ByteString {
    let directory = try attempt("open", path) { () throws(Errno) in
      try Descriptor.currentDirectory.open(path, [.path, .directory])
    }
    let name = ByteString("output-\(Timestamp.now.nanoseconds).log")
    let place = directory.borrowed
    let output = try attempt("create", path.appending(name)) { () throws(Errno) in
      try place.open(name, [.writeOnly, .create, .exclusive, .append], mode: 0o600)
    }
    let input = try attempt("open", "/dev/null") { () throws(Errno) in
      try Descriptor.currentDirectory.open("/dev/null" as ByteString, [])
    }
    do {
      try client.call(
        "spawn", Wire.params(of: request, terminal: nil, descriptors: 3),
        descriptors: [input.raw, output.raw, output.raw])
    } catch let error as ProtocolError { throw SessionError(error) }
    client.leave()
    return path.appending(name)
  }
}
