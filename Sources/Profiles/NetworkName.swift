/// A name and a port that the network may be used for.
package struct NetworkName: Sendable, Equatable {
  /// Lower case, without "*.".
  package let host: String
  /// Whether every name below `host` is meant instead of `host`.
  package let isWildcard: Bool
  /// nil stands for 80 and 443.
  package let port: UInt16?

  /// Reads "name", "name:port" or "*.name:port"; nil where it is none of these.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, var name = parts.first else { return nil }
    isWildcard = name.hasPrefix("*.")
    if isWildcard { name = name.dropFirst(2) }
    guard !name.isEmpty, name.utf8.allSatisfy(Self.mayBeInName), !name.hasPrefix("."),
      !name.hasPrefix("-")
    else { return nil }
    if parts.count == 2 {
      guard let number = UInt16(parts[1]), number > 0 else { return nil }
      port = number
    } else {
      port = nil
    }
    host = name.lowercased()
  }

  /// Whether a request for a name and a port is meant.
  package func matches(_ name: String, port asked: UInt16) -> Bool {
    if let port, port != asked { return false }
    if port == nil && asked != 443 && asked != 80 { return false }
    var name = name.lowercased()
    if name.last == "." { name.removeLast() }
    return isWildcard ? name.hasSuffix("." + host) : name == host
  }

  private static func mayBeInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
