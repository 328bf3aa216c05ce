/// Bytes that came in pieces, taken out line by line.
package struct LineBuffer {
  private var bytes: [UInt8] = []
  private var start = 0
  /// Up to here there is no end of a line.
  private var searched = 0
  private var isSkipping = false
  private let longest: Int

  /// A buffer that refuses longer lines.
  package init(longest: Int) { self.longest = longest }

  /// What has come and was not taken.
  package var count: Int { bytes.count - start }

  /// Adds a piece.
  package mutating func append(_ piece: [UInt8]) { bytes += piece }

  /// The next whole line without its end; one that is too long is an error once, then passed over.
  package mutating func next() throws(ProtocolError) -> ArraySlice<UInt8>? {
    while true {
      guard let end = endOfLine() else {
        if !isSkipping, count > longest {
          isSkipping = true
          reset(to: [])
          throw ProtocolError(.notRequest, "a line is longer than \(longest >> 20) MiB")
        }
        if isSkipping { reset(to: []) }
        return nil
      }
      let line = bytes[start..<end]
      start = end + 1
      searched = start
      if isSkipping {
        isSkipping = false
        continue
      }
      // The line keeps the old bytes alive: a removal in place would copy them all.
      if start == bytes.count {
        reset(to: [])
      } else if start > 1 << 20 {
        reset(to: bytes[start...])
      }
      return line
    }
  }

  private mutating func endOfLine() -> Int? {
    let found = bytes.withUnsafeBufferPointer { bytes -> Int? in
      var at = searched
      while at < bytes.count {
        if bytes[at] == UInt8(ascii: "\n") { return at }
        at &+= 1
      }
      return nil
    }
    if found == nil { searched = bytes.count }
    return found
  }

  private mutating func reset(to rest: ArraySlice<UInt8>) {
    bytes = Array(rest)
    start = 0
    searched = 0
  }
}
