import CLinux
import Glibc

extension Descriptor {
  /// Reads at an offset; fewer bytes than the buffer holds mean the end, or a short read.
  ///
  /// The corresponding system call is `pread(2)`.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Errno)
    -> Int
  {
    try check { pread(raw, buffer.baseAddress, buffer.count, off_t(offset)) }
  }

  /// Reads until the buffer is full or the file ends.
  package func readFully(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64)
    throws(Errno) -> Int
  {
    var done = 0
    while done < buffer.count {
      let count = try read(
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: offset + Int64(done))
      done += count
      // A regular file's read ends short only with the file, so one that ends within a page does.
      if count == 0 || (Int(offset) + done) % 4096 != 0 { break }
    }
    return done
  }

  /// Writes all bytes at an offset.
  ///
  /// The corresponding system call is `pwrite(2)`.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(Errno) {
    var done = 0
    while done < bytes.count {
      done += try check {
        pwrite(raw, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset) + done)
      }
    }
  }

  /// Writes all bytes where the descriptor stands, as pipes and terminals want it.
  ///
  /// The corresponding system call is `write(2)`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
    var done = 0
    while done < bytes.count {
      done += try check {
        Glibc.write(raw, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      }
    }
  }

  /// Writes as much as is taken now, and answers how much; EAGAIN is none.
  ///
  /// The corresponding system call is `write(2)`.
  package func writeSome(_ bytes: some Collection<UInt8>) throws(Errno) -> Int {
    let bytes = Array(bytes)
    return try check { bytes.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) } }
  }

  /// Writes all bytes where the descriptor stands.
  package func write(_ bytes: [UInt8]) throws(Errno) {
    try bytes.withUnsafeBufferPointer { bytes throws(Errno) in
      try write(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Reads what there is, at most the buffer's size; 0 is the end.
  ///
  /// The corresponding system call is `read(2)`.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    try check { Glibc.read(raw, buffer.baseAddress, buffer.count) }
  }

  /// Reads a whole file from its start; the caller bounds it.
  package func readAll(limit: Int) throws(Errno) -> [UInt8] {
    let size = min(Int(try status().size) + 1, limit + 1)
    var bytes = [UInt8](repeating: 0, count: max(size, 4096))
    var count = 0
    while true {
      let from = count
      let got = try bytes.withUnsafeMutableBufferPointer { room throws(Errno) -> Int in
        let rest = UnsafeMutableBufferPointer(rebasing: room[from...])
        return try read(into: UnsafeMutableRawBufferPointer(rest), at: Int64(from))
      }
      if got == 0 { break }
      count += got
      if count > limit { throw .fileTooBig }
      if count == bytes.count { bytes.append(contentsOf: repeatElement(0, count: count)) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// Cuts or extends the file; what is added reads as zeros.
  ///
  /// The corresponding system call is `ftruncate(2)`.
  package func truncate(to size: Int64) throws(Errno) { try check { ftruncate(raw, off_t(size)) } }

  /// Makes content and size durable; `dataOnly` leaves the times out.
  ///
  /// The corresponding system call is `fsync(2)` or `fdatasync(2)`.
  package func synchronize(dataOnly: Bool = false) throws(Errno) {
    try check { dataOnly ? fdatasync(raw) : fsync(raw) }
  }

  /// Allocates, punches, collapses or zeroes a range, as `mode` says.
  ///
  /// The corresponding system call is `fallocate(2)`.
  package func allocate(mode: Int32, at offset: Int64, count: Int64) throws(Errno) {
    try check { fallocate(raw, mode, off_t(offset), off_t(count)) }
  }

  /// The next data or hole at or behind an offset; `whence` is SEEK_DATA or SEEK_HOLE.
  ///
  /// The corresponding system call is `lseek(2)`.
  package func seek(_ offset: Int64, whence: Int32) throws(Errno) -> Int64 {
    Int64(try check { lseek(raw, off_t(offset), whence) })
  }

  /// Makes this file a reflink of another; throws where the file system can't.
  ///
  /// The corresponding system call is `ioctl_ficlone(2)`.
  package func clone(from source: Descriptor) throws(Errno) {
    try check { cl_ficlone(raw, source.raw) }
  }
}
