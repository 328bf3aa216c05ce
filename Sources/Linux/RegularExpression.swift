import Glibc

/// An extended regular expression over bytes.
package final class RegularExpression {
  private var compiled = regex_t()

  /// Why a text is no regular expression.
  package struct Mistake: Error, CustomStringConvertible {
    package let description: String
  }

  /// Compiles an expression.
  ///
  /// The corresponding call is `regcomp(3)` with `REG_EXTENDED`.
  package init(_ pattern: String, ignoresCase: Bool = false) throws(Mistake) {
    if pattern.utf8.contains(0) { throw Mistake(description: "it holds a NUL byte") }
    let flags = REG_EXTENDED | REG_NOSUB | REG_NEWLINE | (ignoresCase ? REG_ICASE : 0)
    let failure = regcomp(&compiled, pattern, flags)
    guard failure != 0 else { return }
    var room = [CChar](repeating: 0, count: 256)
    regerror(failure, &compiled, &room, room.count)
    let words = room.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    throw Mistake(description: String(decoding: words, as: UTF8.self))
  }

  deinit { regfree(&compiled) }

  /// Whether it matches somewhere in the bytes.
  ///
  /// The corresponding call is `regexec(3)` with `REG_STARTEND`.
  package func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress else { return false }
    var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(bytes.count))
    let text = start.assumingMemoryBound(to: CChar.self)
    return regexec(&compiled, text, 1, &range, REG_STARTEND) == 0
  }
}

extension ByteString {
  /// Whether this name matches a shell's pattern; a dot at its start must be written.
  ///
  /// The corresponding call is `fnmatch(3)` with `FNM_PERIOD`.
  package func matches(shellPattern pattern: ByteString, hiddenToo: Bool = false) -> Bool {
    withCString { name in
      pattern.withCString { fnmatch($0, name, hiddenToo ? 0 : FNM_PERIOD) == 0 }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Where other bytes begin in these, at or behind a place; nil: nowhere.
  ///
  /// The corresponding call is `memmem(3)`.
  package func firstPlace(of bytes: UnsafeRawBufferPointer, from place: Int = 0) -> Int? {
    guard let start = baseAddress, let wanted = bytes.baseAddress, place <= count else {
      return nil
    }
    guard let found = memmem(start + place, count - place, wanted, bytes.count) else { return nil }
    return UnsafeRawPointer(found) - start
  }

  /// Where a byte is first, at or behind a place; nil: nowhere.
  ///
  /// The corresponding call is `memchr(3)`.
  package func firstPlace(of byte: UInt8, from place: Int = 0) -> Int? {
    guard let start = baseAddress, place <= count else { return nil }
    guard let found = memchr(start + place, Int32(byte), count - place) else { return nil }
    return UnsafeRawPointer(found) - start
  }
}
