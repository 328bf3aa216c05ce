import Linux
import Profiles

/// What the proxy of a box lets through.
struct ProxyRules: Sendable {
  let names: [NetworkName]

  /// Why a request is refused.
  enum Refusal: Error, Equatable {
    case notAllowed
    case notFound
    /// The name leads to a machine or network of one's own.
    case notPublic
  }

  /// The addresses that a request may connect to.
  ///
  /// The proxy resolves a name itself, once, and connects to what it has looked at: a name that
  /// first means one machine and then another (DNS rebinding) gains nothing.
  func addresses(
    host: String, port: UInt16, resolve: (String, UInt16) -> [InternetAddress]
  ) throws(Refusal) -> [InternetAddress] {
    guard names.contains(where: { $0.matches(host, port: port) }) else { throw .notAllowed }
    let found = resolve(host, port)
    if found.isEmpty { throw .notFound }
    // An address that is itself named may be a private one; a name that leads to one may not.
    let isLiteral = host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) }
    let usable = isLiteral ? found : found.filter { AddressRange.isPublic($0.bytes) }
    if usable.isEmpty { throw .notPublic }
    return usable
  }
}
