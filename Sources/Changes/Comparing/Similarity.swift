import Linux

/// How much of a content another one has, as git estimates it: by the lengths of equal lines, or of
/// equal pieces of 64 bytes, in whatever order.
struct Similarity {
  /// How git counts likeness: 60000 is the same.
  static let most = 60000

  /// The hashes of the pieces, in order, each with how many bytes it stands for.
  private let pieces: [(hash: UInt32, bytes: Int)]
  let size: Int

  init(_ content: [UInt8]) {
    let isText = !content.prefix(8000).contains(0)
    var counts: [UInt32: Int] = [:]
    var (low, high, length) = (UInt32(0), UInt32(0), 0)
    for (index, byte) in content.enumerated() {
      // A carriage return before the end of a line does not count in texts.
      if isText, byte == 0x0D, index + 1 < content.count, content[index + 1] == 0x0A { continue }
      let before = low
      low = (low << 7) ^ (high >> 25)
      high = (high << 7) ^ (before >> 25)
      low = low &+ UInt32(byte)
      length += 1
      if length < 64, byte != 0x0A { continue }
      counts[Self.hash(low, high), default: 0] += length
      (low, high, length) = (0, 0, 0)
    }
    if length > 0 { counts[Self.hash(low, high), default: 0] += length }
    pieces = counts.map { (hash: $0.key, bytes: $0.value) }.sorted { $0.hash < $1.hash }
    size = content.count
  }

  private static func hash(_ low: UInt32, _ high: UInt32) -> UInt32 {
    (low &+ high &* 0x61) % 107_927
  }

  /// How much of this content the other one has, of `Similarity.most`.
  func score(in other: Similarity) -> Int {
    guard other.size > 0, max(size, other.size) > 0 else { return 0 }
    var (copied, index) = (0, 0)
    for piece in pieces {
      while index < other.pieces.count, other.pieces[index].hash < piece.hash { index += 1 }
      guard index < other.pieces.count else { break }
      if other.pieces[index].hash == piece.hash {
        copied += min(piece.bytes, other.pieces[index].bytes)
      }
    }
    return copied * Self.most / max(size, other.size)
  }

  /// Whether two sizes alone make a score impossible.
  static func isHopeless(_ one: Int64, _ other: Int64, least: Int) -> Bool {
    let (most, difference) = (max(one, other), abs(one - other))
    return most * Int64(Self.most - least) < difference * Int64(Self.most)
  }
}
