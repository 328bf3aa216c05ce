import CLinux
import Glibc

/// A name or path as the kernel has it: bytes without NUL, in no encoding.
///
/// String's == is canonical equivalence: two names that differ only in Unicode normalisation are
/// two files, so names are String only where a person reads them.
package struct ByteString: Hashable, Sendable {
  package var bytes: [UInt8]

  /// The given bytes.
  package init<Bytes: Sequence<UInt8>>(_ bytes: Bytes) { self.bytes = Array(bytes) }

  /// The bytes of a string's UTF-8.
  package init(_ string: String) { bytes = Array(string.utf8) }

  /// The bytes up to the NUL that ends them.
  package init(cString: UnsafePointer<CChar>) {
    self.init(UnsafeRawBufferPointer(start: cString, count: strlen(cString)))
  }

  /// The number of bytes.
  package var count: Int { bytes.count }
  /// Whether there is no byte at all.
  package var isEmpty: Bool { bytes.isEmpty }

  /// Calls `body` with the bytes and a NUL behind them.
  package func withCString<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) {
      (room) throws(Failure) -> Result in
      for (index, byte) in bytes.enumerated() { room[index] = CChar(bitPattern: byte) }
      room[bytes.count] = 0
      return try body(UnsafePointer(room.baseAddress.unsafelyUnwrapped))
    }
  }
}

extension ByteString: ExpressibleByStringLiteral {
  package init(stringLiteral value: StaticString) {
    self.init(UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }
}

extension ByteString: Comparable {
  /// The order of bytes, as git and LC_ALL=C have it.
  package static func < (left: ByteString, right: ByteString) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension ByteString {
  /// The path of `name` in this directory; the empty path is the root itself.
  package func appending(_ name: ByteString) -> ByteString {
    if isEmpty { return name }
    if bytes.last == UInt8(ascii: "/") { return ByteString(bytes + name.bytes) }
    return ByteString(bytes + [UInt8(ascii: "/")] + name.bytes)
  }

  /// The parts between the slashes.
  package var components: [ByteString] {
    bytes.split(separator: UInt8(ascii: "/")).map { ByteString($0) }
  }

  /// The part behind the last slash.
  package var lastComponent: ByteString {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return self }
    return ByteString(bytes[(slash + 1)...])
  }

  /// The path without its last part; empty when there is only one.
  package var parent: ByteString {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return ByteString([]) }
    return ByteString(bytes[..<max(slash, slash == 0 ? 1 : 0)])
  }

  /// Whether this path is `directory` or lies below it; both without a slash at the end.
  package func isWithin(_ directory: ByteString) -> Bool {
    if directory.isEmpty || directory.bytes == [UInt8(ascii: "/")] { return true }
    guard bytes.starts(with: directory.bytes) else { return false }
    return count == directory.count || bytes[directory.count] == UInt8(ascii: "/")
  }

  /// What is left of this path below `directory`, which must hold it.
  package func relative(to directory: ByteString) -> ByteString {
    let rest = bytes.dropFirst(directory.count)
    return ByteString(rest.drop { $0 == UInt8(ascii: "/") })
  }

  /// The bytes as UTF-8, if they are that.
  package var string: String? { String(validating: bytes, as: UTF8.self) }
}
