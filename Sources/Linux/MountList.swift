import CLinux
import Glibc

/// One mount of this process's namespace.
package struct MountEntry: Sendable {
  package let point: ByteString
  package let type: ByteString
  package let source: ByteString
  /// The options of the file system itself, "user_id=1000" among them.
  package let options: [ByteString]

  /// All mounts, in the order they were made.
  ///
  /// The corresponding file is `/proc/self/mountinfo`, see proc(5).
  package static func all() throws(Errno) -> [MountEntry] {
    let file = try Descriptor.currentDirectory.open("/proc/self/mountinfo" as ByteString, .readOnly)
    return try file.borrowed.readToEnd().split(separator: UInt8(ascii: "\n")).compactMap(entry)
  }

  private static func entry(_ line: ArraySlice<UInt8>) -> MountEntry? {
    let words = line.split(separator: UInt8(ascii: " "))
    // "36 35 98:0 /root /point options shared:1 - type source options"
    guard let dash = words.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash >= 6,
      words.count >= dash + 4
    else { return nil }
    return MountEntry(
      point: unescaped(words[4]), type: ByteString(words[dash + 1]),
      source: unescaped(words[dash + 2]),
      options: words[dash + 3].split(separator: UInt8(ascii: ",")).map { ByteString($0) })
  }

  /// Space, tab, newline and backslash are written as three octal digits.
  private static func unescaped(_ word: ArraySlice<UInt8>) -> ByteString {
    var bytes: [UInt8] = []
    var rest = word
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(value)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return ByteString(bytes)
  }
}

extension Process {
  /// Takes a mount out of sight; who still uses it goes on until they are done.
  ///
  /// The corresponding system call is `umount2(2)` with `MNT_DETACH`.
  package static func detachMount(at point: ByteString) throws(Errno) {
    _ = try point.withCString { point throws(Errno) in
      try check { umount2(point, Int32(MNT_DETACH) | Int32(UMOUNT_NOFOLLOW)) }
    }
  }

  /// Lets the file system that shows a path answer for itself, whatever the kernel has cached of it.
  ///
  /// The corresponding system call is `statfs(2)`.
  package static func askFileSystem(at path: ByteString) throws(Errno) {
    var answer = statfs()
    _ = try path.withCString { path throws(Errno) in try check { statfs(path, &answer) } }
  }
}
