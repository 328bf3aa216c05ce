import Glibc
import Linux

/// Sockets of the host that a box must not reach, open while this value lives.
final class Listeners {
  private var open: [Int32] = []
  private(set) var environment: [String: String] = [:]

  init(in directory: String) throws {
    var four = sockaddr_in()
    four.sin_family = sa_family_t(AF_INET)
    four.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    environment["BREAKOUT_PORT"] = String(try listen(AF_INET, &four, sizeof: four))
    var six = sockaddr_in6()
    six.sin6_family = sa_family_t(AF_INET6)
    six.sin6_addr = in6addr_loopback
    environment["BREAKOUT_PORT6"] = String(try listen(AF_INET6, &six, sizeof: six))
    try listen(path: Array("\(directory)/outside/socket".utf8), as: "BREAKOUT_SOCKET")
    try listen(path: Array("\(directory)/socket".utf8), as: "BREAKOUT_SOCKET_TMP")
    try listen(path: [0] + Array(directory.utf8), as: "BREAKOUT_ABSTRACT")
  }

  deinit { for raw in open { close(raw) } }

  /// Listens at an address whose port the kernel chooses, and answers the port.
  private func listen<Address>(_ family: Int32, _ address: inout Address, sizeof: Address) throws
    -> UInt16
  {
    let raw = try check { socket(family, Int32(SOCK_STREAM.rawValue), 0) }
    open.append(raw)
    var length = socklen_t(MemoryLayout<Address>.size)
    try withUnsafeMutablePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        try check { bind(raw, __CONST_SOCKADDR_ARG(__sockaddr__: pointer), length) }
        try check { Glibc.listen(raw, 8) }
        try check { getsockname(raw, __SOCKADDR_ARG(__sockaddr__: pointer), &length) }
      }
    }
    // The port follows the family in both kinds of address.
    return withUnsafeBytes(of: address) {
      UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }
  }

  private func listen(path: [UInt8], as name: String) throws {
    let raw = try check { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }
    open.append(raw)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let length = socklen_t(2 + path.count + (path[0] == 0 ? 0 : 1))
    try withUnsafePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        try check { bind(raw, __CONST_SOCKADDR_ARG(__sockaddr__: pointer), length) }
        try check { Glibc.listen(raw, 8) }
      }
    }
    environment[name] = String(decoding: path.drop { $0 == 0 }, as: UTF8.self)
  }
}
