import Linux

/// Whether an address belongs to everyone's internet, or to a machine or network of one's own.
enum AddressRange {
  /// Loopback, link-local, private, shared, multicast, reserved and embedded forms are not public.
  static func isPublic(_ bytes: [UInt8]) -> Bool {
    bytes.count == 4 ? isPublic4(bytes) : isPublic6(bytes)
  }

  private static func isPublic4(_ b: [UInt8]) -> Bool {
    switch (b[0], b[1]) {
    case (0, _), (10, _), (127, _), (224..., _): false
    case (100, 64...127): false  // Shared by carriers, RFC 6598.
    case (169, 254): false  // Link-local, and where clouds tell secrets.
    case (172, 16...31), (192, 168): false
    case (192, 0), (198, 18...19): false  // Special purposes and benchmarks.
    default: true
    }
  }

  private static func isPublic6(_ b: [UInt8]) -> Bool {
    let isZeroBefore = { (count: Int) in b[..<count].allSatisfy { $0 == 0 } }
    // ::a.b.c.d, ::ffff:a.b.c.d and 64:ff9b::a.b.c.d stand for an address of version 4.
    if isZeroBefore(12) || isZeroBefore(10) && b[10] == 0xFF && b[11] == 0xFF {
      return isPublic4(Array(b[12...])) && !isZeroBefore(12)
    }
    if b[..<4].elementsEqual([0, 0x64, 0xFF, 0x9B]) { return isPublic4(Array(b[12...])) }
    // 6to4 holds one too.
    if b[0] == 0x20 && b[1] == 0x02 { return isPublic4(Array(b[2..<6])) }
    // Only 2000::/3 is given out: not fc00::/7, fe80::/10, ff00::/8.
    return b[0] & 0xE0 == 0x20
  }
}
