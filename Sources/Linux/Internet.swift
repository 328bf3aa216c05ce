import CLinux
import Glibc

/// An address of the internet and a port.
package struct InternetAddress: Hashable, Sendable {
  /// Four or sixteen bytes, the highest first.
  package let bytes: [UInt8]
  package let port: UInt16

  /// An address by its bytes.
  package init(bytes: [UInt8], port: UInt16) {
    self.bytes = bytes
    self.port = port
  }

  /// The addresses that a name has, at most sixteen; none where it can't be resolved.
  ///
  /// The corresponding call is `getaddrinfo(3)`.
  package static func resolve(_ name: String, port: UInt16) -> [InternetAddress] {
    var room = [cl_internet_address](repeating: cl_internet_address(), count: 16)
    var count = room.count
    guard cl_resolve(name, port, &room, &count) == 0 else { return [] }
    return room.prefix(count).map { address in
      let bytes = withUnsafeBytes(of: address.bytes) { Array($0) }
      return InternetAddress(bytes: Array(bytes.prefix(address.version == 4 ? 4 : 16)), port: port)
    }
  }

  /// A stream connected to this address, within so many seconds.
  ///
  /// The corresponding system call is `connect(2)`.
  package func connect(seconds: Int32) throws(Errno) -> OwnedDescriptor {
    var address = cl_internet_address()
    address.version = bytes.count == 4 ? 4 : 6
    address.port = port
    withUnsafeMutableBytes(of: &address.bytes) { $0.copyBytes(from: bytes) }
    return OwnedDescriptor(owning: try check { cl_connect_internet(&address, seconds) })
  }

  /// Listens at a port of this network namespace's loopback.
  ///
  /// The corresponding system calls are `bind(2)` and `listen(2)`.
  package static func listenOnLoopback(port: UInt16) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try check { cl_listen_loopback(port) })
  }
}

/// Who sent a datagram over the internet's protocols, as the kernel has it.
package struct DatagramSender: Sendable {
  fileprivate var raw = [UInt8](repeating: 0, count: 16)
}

extension Descriptor {
  /// The port that this socket is bound to; with port 0 the kernel has chosen it.
  ///
  /// The corresponding system call is `getsockname(2)`.
  package func localPort() throws(Errno) -> UInt16 {
    UInt16(truncatingIfNeeded: try check { cl_local_port(raw) })
  }

  /// Listens for datagrams at a port of this network namespace's loopback, without blocking.
  ///
  /// The corresponding system call is `bind(2)`.
  package static func resolverSocket(port: UInt16) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try check { cl_resolver_socket(port) })
  }

  /// One datagram, cut at `limit` bytes, and who sent it.
  ///
  /// The corresponding system call is `recvfrom(2)`.
  package func receiveDatagram(limit: Int) throws(Errno) -> ([UInt8], DatagramSender) {
    var sender = DatagramSender()
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = try check { cl_receive_datagram(raw, &bytes, limit, &sender.raw) }
    return (Array(bytes.prefix(count)), sender)
  }

  /// Sends a datagram.
  ///
  /// The corresponding system call is `sendto(2)`.
  package func sendDatagram(_ bytes: [UInt8], to sender: DatagramSender) throws(Errno) {
    try check { cl_send_datagram(raw, bytes, bytes.count, sender.raw) }
  }

  /// A stream socket of this network namespace, not connected yet.
  ///
  /// The corresponding system call is `socket(2)`.
  package static func streamSocket() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try check { cl_stream_socket() })
  }

  /// Connects a stream socket to a port of the loopback of the namespace that it was made in.
  ///
  /// The corresponding system call is `connect(2)`.
  package func connectToLoopback(port: UInt16) throws(Errno) {
    try check { cl_connect_loopback(raw, port) }
  }
}
