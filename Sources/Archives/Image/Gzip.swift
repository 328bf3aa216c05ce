import CZlib
import Linux

/// Compresses a stream; the same bytes in give the same bytes out.
final class Gzip {
  /// What stands around the compressed bytes.
  enum Wrapping: Int32 {
    /// zlib's own, as git's objects have it.
    case zlib = 15
    /// gzip's, without a name and a time.
    case gzip = 31
  }

  private var stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  private let output: (UnsafeRawBufferPointer) throws -> Void

  init(_ wrapping: Wrapping, to output: @escaping (UnsafeRawBufferPointer) throws -> Void)
    throws(SystemError)
  {
    self.output = output
    stream.initialize(to: z_stream())
    let result = deflateInit2_(
      stream, 6, Z_DEFLATED, wrapping.rawValue, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else { throw SystemError("compress", nil, .noMemory) }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
    room.deallocate()
  }

  /// Takes in bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard !bytes.isEmpty else { return }
    // deflate(3) only reads what next_in points to; its type lacks const.
    stream.pointee.next_in = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?
      .assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(bytes.count)
    while stream.pointee.avail_in > 0 { try deflate(Z_NO_FLUSH) }
  }

  /// Ends the stream.
  func finish() throws {
    while try deflate(Z_FINISH) != Z_STREAM_END {}
  }

  @discardableResult
  private func deflate(_ flush: Int32) throws -> Int32 {
    stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(room.count)
    let result = CZlib.deflate(stream, flush)
    let count = room.count - Int(stream.pointee.avail_out)
    if count > 0 { try output(UnsafeRawBufferPointer(rebasing: room[..<count])) }
    return result
  }
}
