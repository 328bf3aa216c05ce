import CLinux
import Glibc

extension Descriptor {
  /// Calls `body` with every name but "." and "..", its inode number and its kind as DT_* has it.
  ///
  /// The descriptor must be open for reading and stand at the start.
  ///
  /// The corresponding system call is `getdents64(2)`.
  package func forEachEntry(
    _ body: (UnsafeBufferPointer<UInt8>, UInt64, UInt8) throws(Errno) -> Void
  ) throws(Errno) {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
    defer { room.deallocate() }
    while true {
      let filled = try check { cl_getdents64(raw, room.baseAddress, room.count) }
      if filled == 0 { return }
      var at = 0
      while at < filled {
        let length = Int(room.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
        let inode = room.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let kind = room.load(fromByteOffset: at + 18, as: UInt8.self)
        guard let name = room.baseAddress.map({ $0 + at + 19 }) else { return }
        let text = UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self)
        let count = strlen(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
        at += length
        if text[0] == 0x2E && (count == 1 || (count == 2 && text[1] == 0x2E)) { continue }
        try body(UnsafeBufferPointer(start: text, count: count), inode, kind)
      }
    }
  }

  /// The names of this directory, in the order of bytes.
  ///
  /// The directory is opened anew, so the descriptor's own position does not matter.
  package func entryNames() throws(Errno) -> [ByteString] {
    let opened = try open(".", [.directory])
    var names: [ByteString] = []
    try opened.borrowed.forEachEntry { name, _, _ in names.append(ByteString(name)) }
    return names.sorted()
  }
}
