import Linux

/// Answers that are typed, or come through a pipe, line by line.
final class LineInput {
  private let descriptor: Descriptor
  private var pending: [UInt8] = []
  private var isOver = false

  init(_ descriptor: Descriptor) { self.descriptor = descriptor }

  /// The next line without its end; nil: there is none.
  func next() throws -> ByteString? {
    while true {
      if let end = pending.firstIndex(of: 0x0A) {
        defer { pending.removeFirst(end + 1) }
        return ByteString(pending[..<end])
      }
      if isOver { return nil }
      let part = try attempt("read the answer") { () throws(Errno) in
        try descriptor.read(byteCount: 4096)
      }
      if part.isEmpty {
        isOver = true
        if !pending.isEmpty { pending.append(0x0A) }
      }
      pending += part
    }
  }
}
