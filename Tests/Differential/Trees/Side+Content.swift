import CDifferential
import CLinux
import Glibc
import Linux

extension Side {
  func runOnContent(_ operation: Operation) throws(Errno) -> String? {
    switch operation {
    case .write(let slot, let offset, let count, let seed):
      let raw = try descriptor(slot).raw
      let bytes = pattern(seed, count)
      let written = try check {
        offset.map { pwrite(raw, bytes, count, off_t($0)) } ?? Glibc.write(raw, bytes, count)
      }
      return "wrote \(written)"
    case .read(let slot, let offset, let count):
      let bytes = try Self.bytes(of: descriptor(slot), at: offset, count: count)
      return "read \(bytes.count) \(fingerprint(bytes))"
    case .allocate(let slot, let mode, let offset, let count):
      return try allocate(descriptor(slot), mode, offset, count)
    case .seek(let slot, let offset, let hole):
      return try seek(descriptor(slot), offset, hole)
    case .copyRange(let source, let from, let target, let to, let count):
      return try copy(descriptor(source).raw, from, descriptor(target).raw, to, count)
    case .mapWrite(let slot, let offset, let count, let seed):
      return try mapWrite(descriptor(slot), offset, count, seed)
    default: return nil
    }
  }

  private func mapWrite(_ file: Descriptor, _ offset: Int64, _ count: Int, _ seed: UInt64)
    throws(Errno) -> String
  {
    // Beyond the end a mapping gets SIGBUS, on every file system.
    let status = try file.status()
    // How large a directory is differs from one file system to the next.
    if status.kind == .directory { return "a directory" }
    let room = Int(clamping: status.size - offset)
    guard room > 0 else { return "nothing to map" }
    let bytes = pattern(seed, min(count, room))
    let written = try check { cd_map_write(file.raw, offset, bytes, bytes.count) }
    return "mapped \(written)"
  }

  private func allocate(
    _ file: Descriptor, _ mode: AllocationMode, _ offset: Int64, _ count: Int64
  ) throws(Errno) -> String {
    if mode == .collapse || mode == .insert {
      // The kernel's FUSE has neither: both trees leave the file as it is.
      guard name == "overlay" else { return "refused" }
      do throws(Errno) {
        try file.allocate(mode: mode.rawValue, at: offset, count: count)
      } catch { return "refused" }
      return "done"
    }
    do throws(Errno) {
      try file.allocate(mode: mode.rawValue, at: offset, count: count)
    } catch .notSupported where name == "plain" && [.zero, .zeroKeepSize].contains(mode) {
      try zero(file, keepingSize: mode == .zeroKeepSize, offset, count)
    }
    return ""
  }

  /// What ext4 does in one call, on a file system that can't (tmpfs).
  private func zero(_ file: Descriptor, keepingSize: Bool, _ offset: Int64, _ count: Int64)
    throws(Errno)
  {
    try file.allocate(mode: AllocationMode.punch.rawValue, at: offset, count: count)
    let rest: AllocationMode = keepingSize ? .keepSize : .extend
    try file.allocate(mode: rest.rawValue, at: offset, count: count)
  }

  /// Where holes are may differ; what is said of them must be true.
  private func seek(_ file: Descriptor, _ offset: Int64, _ hole: Bool) throws(Errno) -> String {
    let status = try file.status()
    guard status.kind == .regular else { return "" }
    let found: Int64
    do throws(Errno) {
      found = try file.seek(offset, whence: hole ? SEEK_HOLE : SEEK_DATA)
    } catch .noDevice {
      // Behind the end: both must say so. Before it only a hole up to the end has no data.
      if offset >= status.size || offset < 0 { throw .noDevice }
      if hole { return "no hole before the end" }
      return try isZero(file, offset..<status.size) ? "true" : "data denied"
    }
    if hole { return found >= offset && found <= status.size ? "true" : "hole at \(found)" }
    return try isZero(file, offset..<found) ? "true" : "skipped data before \(found)"
  }

  private func isZero(_ file: Descriptor, _ range: Range<Int64>) throws(Errno) -> Bool {
    do throws(Errno) {
      let bytes = try Self.bytes(of: file, at: range.lowerBound, count: range.count)
      return bytes.allSatisfy { $0 == 0 }
    } catch .badDescriptor {
      return true  // Open for writing only.
    }
  }

  private static func bytes(of file: Descriptor, at offset: Int64, count: Int) throws(Errno)
    -> [UInt8]
  {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: count + 1, alignment: 8)
    defer { room.deallocate() }
    let got = try file.readFully(
      into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]), at: offset)
    return Array(room[..<got])
  }

  private func copy(_ source: Int32, _ from: Int64, _ target: Int32, _ to: Int64, _ count: Int)
    throws(Errno) -> String
  {
    var (from, to, left) = (off_t(from), off_t(to), count)
    var done = 0
    while left > 0 {
      let copied = try check { copy_file_range(source, &from, target, &to, left, 0) }
      if copied == 0 { break }
      done += copied
      left -= copied
    }
    return "copied \(done)"
  }
}
