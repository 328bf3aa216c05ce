import CLinux
import Glibc

// A descriptor opened with O_PATH has no xattr calls of its own (EBADF), so these go through its
// path in /proc, which leads to the file itself and follows no symlink further.
extension Descriptor {
  /// The names of this file's extended attributes.
  ///
  /// The corresponding system call is `listxattr(2)`.
  package func attributeNames() throws(Errno) -> [ByteString] {
    let names = try grown { path, room, size in listxattr(path, room, size) }
    return names.split(separator: 0).map { ByteString($0) }
  }

  /// The value of an extended attribute.
  ///
  /// The corresponding system call is `getxattr(2)`.
  package func attribute(_ name: ByteString) throws(Errno) -> [UInt8] {
    try name.withCString { name throws(Errno) in
      try grown { path, room, size in getxattr(path, name, room, size) }
    }
  }

  /// Sets an extended attribute.
  ///
  /// The corresponding system call is `setxattr(2)`.
  package func setAttribute(_ name: ByteString, to value: [UInt8]) throws(Errno) {
    _ = try procPath.withCString { path throws(Errno) in
      try name.withCString { name throws(Errno) in
        try check { setxattr(path, name, value, value.count, 0) }
      }
    }
  }

  /// Sets an extended attribute of a name in this directory that is no symlink.
  ///
  /// The corresponding system call is `setxattr(2)` with `XATTR_CREATE` and `XATTR_REPLACE`.
  package func setAttribute(
    _ attribute: ByteString, of name: ByteString, _ value: UnsafeRawBufferPointer, _ flags: Int32
  ) throws(Errno) {
    let file = try open(name, [.path, .noFollow])
    _ = try file.borrowed.procPath.withCString { path throws(Errno) in
      try attribute.withCString { attribute throws(Errno) in
        try check { setxattr(path, attribute, value.baseAddress, value.count, flags) }
      }
    }
  }

  /// Removes an extended attribute.
  ///
  /// The corresponding system call is `removexattr(2)`.
  package func removeAttribute(_ name: ByteString) throws(Errno) {
    _ = try procPath.withCString { path throws(Errno) in
      try name.withCString { name throws(Errno) in try check { removexattr(path, name) } }
    }
  }

  /// Calls until the buffer holds the whole answer, which may grow between two calls.
  private func grown(
    _ call: (UnsafePointer<CChar>, UnsafeMutablePointer<CChar>?, Int) -> Int
  ) throws(Errno) -> [UInt8] {
    try procPath.withCString { path throws(Errno) -> [UInt8] in
      while true {
        let size = try check { call(path, nil, 0) }
        if size == 0 { return [] }
        let room = UnsafeMutablePointer<CChar>.allocate(capacity: size)
        defer { room.deallocate() }
        do throws(Errno) {
          let count = try check { call(path, room, size) }
          return Array(UnsafeRawBufferPointer(start: room, count: count))
        } catch .outOfRange {
          continue
        }
      }
    }
  }
}
