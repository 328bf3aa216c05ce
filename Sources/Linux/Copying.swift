import CLinux
import Glibc

extension Descriptor {
  /// Copies the first `size` bytes of another file: as a reflink where there is one, else data
  /// extents only, so that holes stay holes.
  package func copyContent(from source: Descriptor, size: Int64) throws(Errno) {
    do {
      try clone(from: source)
    } catch {
      // No reflink between these two files: the bytes are copied.
      try copyExtents(from: source, size: size)
    }
  }

  /// Copies the data extents among the first `size` bytes of another file.
  package func copyExtents(from source: Descriptor, size: Int64) throws(Errno) {
    try truncate(to: size)
    var offset: Int64 = 0
    while offset < size {
      guard let extent = try source.dataExtent(from: offset, limit: size) else { return }
      try copyRange(
        from: source, at: extent.lowerBound, count: extent.upperBound - extent.lowerBound)
      offset = extent.upperBound
    }
  }

  /// The next range that holds data, or nil when only a hole is left.
  package func dataExtent(from offset: Int64, limit: Int64) throws(Errno) -> Range<Int64>? {
    do {
      let start = try seek(offset, whence: SEEK_DATA)
      guard start < limit else { return nil }
      let end = try seek(start, whence: SEEK_HOLE)
      return start..<min(end, limit)
    } catch .noDevice {
      return nil
    } catch .invalid {
      return offset..<limit
    }
  }

  /// Copies a range to the same place in this file.
  package func copyRange(from source: Descriptor, at start: Int64, count: Int64) throws(Errno) {
    try copyRange(from: source, at: start, to: start, count: count)
  }

  /// Copies a range to any place in this file; what the source lacks of it is left as it is.
  ///
  /// The corresponding system call is `copy_file_range(2)`, or read and write across file systems
  /// that can't.
  package func copyRange(
    from source: Descriptor, at start: Int64, to offset: Int64, count: Int64
  ) throws(Errno) {
    var (from, to, left) = (off_t(start), off_t(offset), Int(count))
    while left > 0 {
      let copied: Int
      do {
        copied = try check { copy_file_range(source.raw, &from, raw, &to, left, 0) }
      } catch .crossDevice, .invalid, .notSupported, .noSystemCall, .notPermitted {
        return try copyThroughMemory(
          from: source, at: Int64(from), to: Int64(to), count: Int64(left))
      }
      if copied == 0 { return }
      left -= copied
    }
  }

  private func copyThroughMemory(
    from source: Descriptor, at start: Int64, to target: Int64, count: Int64
  ) throws(Errno) {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
    defer { room.deallocate() }
    var done: Int64 = 0
    while done < count {
      let wanted = Int(min(Int64(room.count), count - done))
      let got = try source.read(
        into: UnsafeMutableRawBufferPointer(rebasing: room[..<wanted]), at: start + done)
      if got == 0 { return }
      try write(UnsafeRawBufferPointer(rebasing: room[..<got]), at: target + done)
      done += Int64(got)
    }
  }
}
