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
    // A private address must itself be named: a name alone could be led to any machine.
    let usable = found.filter { address in
      AddressRange.isPublic(address.bytes)
        || names.contains { $0.matches(address.words, port: port) }
    }
    if usable.isEmpty { throw .notPublic }
    return usable
  }
}

extension InternetAddress {
  /// "10.1.2.3"; of version 6 nothing that a name could be.
  fileprivate var words: String {
    bytes.count == 4 ? bytes.map(String.init).joined(separator: ".") : ":"
  }
}
