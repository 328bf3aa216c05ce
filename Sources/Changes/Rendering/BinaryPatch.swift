import Linux

/// The lines of a git binary patch.
struct BinaryPatch {
  private static let digits = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~".utf8)
  private static let lineLength = 52

  let sink: TextSink
  private var pending: [UInt8] = []

  init(_ sink: TextSink) { self.sink = sink }

  /// Adds deflated bytes; whole lines go out at once.
  mutating func add(_ bytes: some Sequence<UInt8>) throws {
    pending.append(contentsOf: bytes)
    var start = 0
    while pending.count - start > Self.lineLength {
      try line(pending[start..<(start + Self.lineLength)])
      start += Self.lineLength
    }
    pending.removeFirst(start)
  }

  /// Ends the half of the patch.
  mutating func finish() throws {
    if !pending.isEmpty { try line(pending[...]) }
    pending.removeAll(keepingCapacity: true)
    try sink.write("\n")
  }

  private func line(_ bytes: ArraySlice<UInt8>) throws {
    let count = UInt8(bytes.count)
    var text: [UInt8] = [count <= 26 ? 0x40 + count : 0x60 + count - 26]
    var index = bytes.startIndex
    while index < bytes.endIndex {
      var word: UInt32 = 0
      for offset in 0..<4 {
        let byte = index + offset < bytes.endIndex ? bytes[index + offset] : 0
        word = word << 8 | UInt32(byte)
      }
      var group = [UInt8](repeating: 0, count: 5)
      for place in stride(from: 4, through: 0, by: -1) {
        group[place] = Self.digits[Int(word % 85)]
        word /= 85
      }
      text += group
      index += 4
    }
    try sink.write(text + [0x0A])
  }

  /// Writes a whole content as a literal, in stored blocks: for what is too large to deflate here.
  static func writeLiteral(_ content: OpenContent, to sink: TextSink) throws {
    try sink.write("literal \(content.size)\n")
    var patch = BinaryPatch(sink)
    var sum = Adler32()
    try patch.add([0x78, 0x01])
    if content.size == 0 { try patch.add([0x01, 0, 0, 0xFF, 0xFF]) }
    var left = content.size
    try content.forEachChunk { chunk in
      sum.update(chunk)
      var rest = chunk[...]
      while !rest.isEmpty {
        let block = rest.prefix(0xFFFF)
        rest = rest.dropFirst(block.count)
        left -= Int64(block.count)
        let count = UInt16(block.count)
        let header = [left == 0 ? 1 : 0] + count.littleEndianBytes + (~count).littleEndianBytes
        try patch.add(header + block)
      }
    }
    try patch.add(sum.bytes)
    try patch.finish()
  }
}

extension UInt16 {
  fileprivate var littleEndianBytes: [UInt8] {
    [UInt8(truncatingIfNeeded: self), UInt8(truncatingIfNeeded: self >> 8)]
  }
}

/// The checksum at the end of a zlib stream.
struct Adler32 {
  private var low: UInt32 = 1
  private var high: UInt32 = 0

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var index = 0
    while index < bytes.count {
      // 5552 sums stay below 2^32: RFC 1950.
      let end = min(index + 5552, bytes.count)
      while index < end {
        low &+= UInt32(bytes[index])
        high &+= low
        index += 1
      }
      low %= 65521
      high %= 65521
    }
  }

  var bytes: [UInt8] {
    let sum = high << 16 | low
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
  }
}
