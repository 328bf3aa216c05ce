import CLinux
import Glibc

/// Two connected local stream sockets.
package struct SocketPair: ~Copyable {
  package let first: OwnedDescriptor
  package let second: OwnedDescriptor

  /// Both ends, close-on-exec.
  ///
  /// The corresponding system call is `socketpair(2)`.
  package init() throws(Errno) {
    var ends: (Int32, Int32) = (-1, -1)
    try withUnsafeMutableBytes(of: &ends) { room throws(Errno) in
      let raw = room.assumingMemoryBound(to: Int32.self).baseAddress
      try check { cl_socketpair(raw) }
    }
    first = OwnedDescriptor(owning: ends.0)
    second = OwnedDescriptor(owning: ends.1)
  }

  /// Gives both ends away by their numbers; who takes them closes them.
  package consuming func release() -> (first: Int32, second: Int32) {
    (first.release(), second.release())
  }
}

extension Descriptor {
  /// Connects to the local socket of that name in this directory, however long its path is.
  ///
  /// The corresponding system call is `connect(2)`.
  package func connect(to name: ByteString) throws(Errno) -> OwnedDescriptor {
    let path = procPath.appending(name)
    return OwnedDescriptor(
      owning: try path.withCString { path throws(Errno) in try check { cl_connect_local(path) } })
  }

  /// Makes a local socket of that name in this directory and listens on it, never blocking.
  ///
  /// The corresponding system calls are `bind(2)` and `listen(2)`.
  package func listen(at name: ByteString) throws(Errno) -> OwnedDescriptor {
    let path = procPath.appending(name)
    return OwnedDescriptor(
      owning: try path.withCString { path throws(Errno) in try check { cl_listen_local(path) } })
  }

  /// Makes a local socket at a path of at most 107 bytes and listens on it, never blocking.
  ///
  /// The corresponding system calls are `bind(2)` and `listen(2)`.
  package static func listen(atPath path: ByteString) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(
      owning: try path.withCString { path throws(Errno) in try check { cl_listen_local(path) } })
  }

  /// The next connection; EAGAIN when there is none.
  ///
  /// The corresponding system call is `accept4(2)`.
  package func acceptConnection() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try check { cl_accept(raw) })
  }

  /// The user at the other end of a local socket when it was connected.
  ///
  /// The corresponding socket option is `SO_PEERCRED`.
  package func peerUser() throws(Errno) -> UInt32 {
    UInt32(try check { Int(cl_peer_user(raw)) })
  }

  /// Says that nothing more will be received; what has come can still be read.
  ///
  /// The corresponding system call is `shutdown(2)`.
  package func endReceiving() throws(Errno) { try check { shutdown(raw, Int32(SHUT_RD)) } }

  /// Says that nothing more will be sent; the other end reads the end of the stream.
  ///
  /// The corresponding system call is `shutdown(2)`.
  package func endSending() throws(Errno) { try check { shutdown(raw, Int32(SHUT_WR)) } }
}
