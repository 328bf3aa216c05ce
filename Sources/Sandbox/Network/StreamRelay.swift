import Linux

/// Carries bytes both ways between two streams until both have ended.
enum StreamRelay {
  static func run(_ client: Descriptor, _ server: Descriptor) throws(Errno) {
    var isOpen = (toServer: true, toClient: true)
    while isOpen.toServer || isOpen.toClient {
      var waiting = PollSet()
      let clientPlace = isOpen.toServer ? waiting.add(client) : -1
      let serverPlace = isOpen.toClient ? waiting.add(server) : -1
      _ = try waiting.wait()
      if clientPlace >= 0, !waiting.events(at: clientPlace).isEmpty {
        isOpen.toServer = try carry(from: client, to: server)
      }
      if serverPlace >= 0, !waiting.events(at: serverPlace).isEmpty {
        isOpen.toClient = try carry(from: server, to: client)
      }
    }
  }

  /// Carries what there is; at the end of one side the other is told, and false answered.
  private static func carry(from: Descriptor, to: Descriptor) throws(Errno) -> Bool {
    let bytes = try from.read(byteCount: 1 << 16)
    if bytes.isEmpty {
      try to.endSending()
      return false
    }
    try to.write(bytes)
    return true
  }
}

extension Box {
  /// Connects a client of the host to a port of the box's loopback, on a thread of its own.
  package func forward(_ client: consuming OwnedDescriptor, to port: UInt16) throws(SpawnError) {
    let (host, inside) = (client.release(), try openSocket().release())
    do throws(Errno) {
      _ = try Thread.start(stackSize: 256 << 10) {
        let host = OwnedDescriptor(owning: host)
        let inside = OwnedDescriptor(owning: inside)
        // Failure does not matter: the client sees its connection closed, as without a server.
        do throws(Errno) {
          try inside.borrowed.connectToLoopback(port: port)
          try StreamRelay.run(host.borrowed, inside.borrowed)
        } catch { return }
      }
    } catch {
      for raw in [host, inside] { _ = OwnedDescriptor(owning: raw) }
      throw SpawnError(.talk, error)
    }
  }
}
