import Changes
import Linux

/// Writes a POSIX pax archive; the same items give the same bytes.
final class TarWriter {
  private let output: (UnsafeRawBufferPointer) throws -> Void
  private var open: Int64 = 0
  private static let block = 512

  init(_ output: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.output = output }

  /// What a header says beside what an item is.
  private struct Header {
    var name: [UInt8]
    var mode: UInt16 = 0o644
    var owner: UInt32 = 0
    var group: UInt32 = 0
    var size: Int64 = 0
    var seconds: Int64 = 0
    var type: UInt8
    var target: [UInt8] = []
    var device: UInt64 = 0
  }

  /// Begins an entry; a regular file's content follows by `write`.
  ///
  /// `link` is the earlier entry that this one is another name of.
  func begin(_ item: ViewItem, link: ByteString?) throws {
    var header = Header(name: item.path.tarName, type: Self.type(of: item, isLink: link != nil))
    if item.kind == .directory { header.name += "/".utf8 }
    header.mode = item.permissions
    header.owner = item.owner
    header.group = item.group
    header.seconds = item.modified.seconds
    header.target = link?.tarName ?? item.target?.bytes ?? []
    header.device = item.device
    if item.kind == .regular, link == nil { header.size = item.size }
    try write(extended(header, item, isLink: link != nil), &header)
    open = header.size
  }

  /// Writes an empty file, as whiteouts are.
  func mark(_ path: ByteString) throws {
    var header = Header(name: path.tarName, type: UInt8(ascii: "0"))
    header.mode = 0
    try write(header.name.count > 100 ? Self.record("path", header.name) : [], &header)
  }

  /// Writes a part of the open entry's content.
  func write(_ bytes: UnsafeRawBufferPointer) throws { try output(bytes) }

  /// Ends the open entry.
  func end() throws { try pad(open) }

  /// Ends the archive.
  func finish() throws { try emit([UInt8](repeating: 0, count: 2 * Self.block)) }

  private func emit(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try output($0) } }

  private func pad(_ count: Int64) throws {
    let rest = Int(count % Int64(Self.block))
    if rest > 0 { try emit([UInt8](repeating: 0, count: Self.block - rest)) }
  }

  private func write(_ records: [UInt8], _ header: inout Header) throws {
    if !records.isEmpty {
      var extended = Header(name: Array("./PaxHeaders/entry".utf8), type: UInt8(ascii: "x"))
      extended.size = Int64(records.count)
      try emit(Self.encoded(extended))
      try emit(records)
      try pad(extended.size)
    }
    try emit(Self.encoded(header))
  }

  /// What the plain header can't say, as records of an extended one.
  private func extended(_ header: Header, _ item: ViewItem, isLink: Bool) -> [UInt8] {
    var records: [UInt8] = []
    if header.name.count > 100 { records += Self.record("path", header.name) }
    if header.target.count > 100 { records += Self.record("linkpath", header.target) }
    let rest = item.modified.nanoseconds - header.seconds * 1_000_000_000
    if rest != 0 || header.seconds < 0 || header.seconds >= 1 << 33 {
      records += Self.record("mtime", Array(Self.time(item.modified).utf8))
    }
    if header.size >= 1 << 33 { records += Self.record("size", Array("\(header.size)".utf8)) }
    if header.owner >= 1 << 21 { records += Self.record("uid", Array("\(header.owner)".utf8)) }
    if header.group >= 1 << 21 { records += Self.record("gid", Array("\(header.group)".utf8)) }
    if !isLink {
      for (name, value) in item.attributes.sorted(by: { $0.key < $1.key }) {
        records += Self.record("SCHILY.xattr.", value, name: name.bytes)
      }
    }
    return records
  }

  /// Seconds with nine digits behind the point; before 1970 the whole number is negative.
  private static func time(_ time: Timestamp) -> String {
    let (seconds, rest) = time.nanoseconds.magnitude.quotientAndRemainder(
      dividingBy: 1_000_000_000)
    let digits = String(rest)
    return (time.nanoseconds < 0 ? "-" : "") + "\(seconds)."
      + String(repeating: "0", count: 9 - digits.count) + digits
  }

  /// A record: its own length in digits, a blank, the key, "=", the value, a line's end.
  private static func record(_ key: String, _ value: [UInt8], name: [UInt8] = []) -> [UInt8] {
    let rest = Array(" \(key)".utf8) + name + [UInt8(ascii: "=")] + value + [0x0A]
    var length = rest.count + 1
    while String(length).utf8.count + rest.count != length { length += 1 }
    return Array(String(length).utf8) + rest
  }

  private static func type(of item: ViewItem, isLink: Bool) -> UInt8 {
    if isLink { return UInt8(ascii: "1") }
    switch item.kind {
    case .symlink: return UInt8(ascii: "2")
    case .characterDevice: return UInt8(ascii: "3")
    case .blockDevice: return UInt8(ascii: "4")
    case .directory: return UInt8(ascii: "5")
    case .fifo: return UInt8(ascii: "6")
    default: return UInt8(ascii: "0")
    }
  }

  /// The 512 bytes of a header, as POSIX.1-2001 has them under "ustar Interchange Format".
  private static func encoded(_ header: Header) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: [UInt8], at offset: Int, _ width: Int) {
      block.replaceSubrange(offset..<offset + min(bytes.count, width), with: bytes.prefix(width))
    }
    func put(_ number: UInt64, at offset: Int, digits: Int) {
      let text = String(number, radix: 8)
      let fits = text.utf8.count <= digits ? text : "0"
      put(
        Array((String(repeating: "0", count: digits - fits.utf8.count) + fits).utf8), at: offset,
        digits)
    }
    put(header.name, at: 0, 100)
    put(UInt64(header.mode & 0o7777), at: 100, digits: 7)
    put(UInt64(header.owner), at: 108, digits: 7)
    put(UInt64(header.group), at: 116, digits: 7)
    put(UInt64(header.size), at: 124, digits: 11)
    put(header.seconds < 0 ? 0 : UInt64(header.seconds), at: 136, digits: 11)
    put(Array("        ".utf8), at: 148, 8)
    block[156] = header.type
    put(header.target, at: 157, 100)
    put(Array("ustar\u{0}00".utf8), at: 257, 8)
    if header.type == UInt8(ascii: "3") || header.type == UInt8(ascii: "4") {
      put(header.device >> 8 & 0xFFF, at: 329, digits: 7)
      put(header.device & 0xFF | header.device >> 12 & 0xFFF00, at: 337, digits: 7)
    }
    put(block.reduce(0) { $0 + UInt64($1) }, at: 148, digits: 6)
    block[154] = 0
    return block
  }
}

extension ByteString {
  /// How an archive names a path of the root.
  fileprivate var tarName: [UInt8] { isEmpty ? Array(".".utf8) : bytes }
}
