import CDifferential
import CLinux
import Glibc
import Linux

extension Side {
  func runOnNames(_ operation: Operation) throws(Errno) -> String? {
    let top = root.raw
    switch operation {
    case .makeDirectory(let path, let mode): try at(path) { mkdirat(top, $0, mode) }
    case .makeNode(let path, let kind, let mode):
      try at(path) { mknodat(top, $0, kind.modeBits | mode, 0) }
    case .symlink(let target, let path):
      try target.bytes.withCString { target throws(Errno) in
        try at(path) { symlinkat(target, top, $0) }
      }
    case .link(let path, let new):
      try path.bytes.withCString { path throws(Errno) in
        try at(new) { linkat(top, path, top, $0, 0) }
      }
    case .unlink(let path): try at(path) { unlinkat(top, $0, 0) }
    case .removeDirectory(let path): try at(path) { unlinkat(top, $0, AT_REMOVEDIR) }
    case .rename(let path, let new, let flags):
      try path.bytes.withCString { path throws(Errno) in
        try at(new) { renameat2(top, path, top, $0, flags.rawValue) }
      }
    case .list(let path): return try list(path)
    case .listWhile(let path, let others): return try list(path, while: others)
    case .readSymlink(let path): return try root.borrowed.symlinkTarget(path.bytes).printable
    default: return nil
    }
    return ""
  }

  /// The names with their kinds, in an order of their own, and whether numbers are the files' own.
  private func list(_ path: Path) throws(Errno) -> String {
    let opened = try root.borrowed.open(path.bytes, [.directory])
    var lines: [String] = []
    var isHonest = true
    try opened.borrowed.forEachEntry { name, inode, kind throws(Errno) in
      lines.append("\(ByteString(name).printable):\(kind)")
      // A name below which something else is mounted would differ; there is none here.
      if let status = try? opened.borrowed.status(of: ByteString(name)) {
        isHonest = isHonest && status.inode == inode
      }
    }
    return lines.sorted().joined(separator: " ") + (isHonest ? "" : " d_ino is not st_ino")
  }

  /// Lists with changes in the middle: what was there throughout must come exactly once.
  private func list(_ path: Path, while others: [Operation]) throws(Errno) -> String {
    let opened = try root.borrowed.open(path.bytes, [.directory])
    let before = Set(try opened.borrowed.entryNames())
    var seen: [ByteString: Int] = [:]
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 8)
    defer { room.deallocate() }
    var others = others[...]
    while true {
      let filled = try check { cl_getdents64(opened.raw, room.baseAddress, room.count) }
      if filled == 0 { break }
      note(room, filled, &seen)
      if let next = others.popFirst() { _ = perform(next) }
    }
    let after = Set(try opened.borrowed.entryNames())
    if let twice = seen.first(where: { $0.value > 1 }) { return "\(twice.key.printable) twice" }
    let missing = before.intersection(after).subtracting(seen.keys)
    if let one = missing.first { return "\(one.printable) (of \(missing.count)) missing" }
    return "whole"
  }

  private func note(
    _ room: UnsafeMutableRawBufferPointer, _ filled: Int, _ seen: inout [ByteString: Int]
  ) {
    var at = 0
    while at < filled {
      let length = Int(room.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
      if let start = room.baseAddress {
        let name = ByteString(
          cString: UnsafeRawPointer(start + at + 19).assumingMemoryBound(to: CChar.self))
        if name != "." && name != ".." { seen[name, default: 0] += 1 }
      }
      at += length
    }
  }
}
