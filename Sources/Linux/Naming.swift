import CLinux
import Glibc

/// How `rename` treats a name that is taken.
package struct RenameFlags: OptionSet, Sendable {
  package let rawValue: UInt32
  /// Flags as renameat2(2) numbers them.
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// RENAME_NOREPLACE: fails with EEXIST.
  package static let noReplace = RenameFlags(rawValue: 1)
  /// RENAME_EXCHANGE: both names change places.
  package static let exchange = RenameFlags(rawValue: 2)
}

extension Descriptor {
  /// Creates a directory in this one.
  ///
  /// The corresponding system call is `mkdirat(2)`.
  package func makeDirectory(_ name: ByteString, mode: mode_t = 0o700) throws(Errno) {
    _ = try name.withCString { name throws(Errno) in try check { mkdirat(raw, name, mode) } }
  }

  /// Removes a name, or an empty directory.
  ///
  /// The corresponding system call is `unlinkat(2)`.
  package func remove(_ name: ByteString, isDirectory: Bool = false) throws(Errno) {
    _ = try name.withCString { name throws(Errno) in
      try check { unlinkat(raw, name, isDirectory ? AT_REMOVEDIR : 0) }
    }
  }

  /// Gives a name of this directory another name, in another directory or here.
  ///
  /// The corresponding system call is `renameat2(2)`.
  package func rename(
    _ name: ByteString, to directory: Descriptor, _ newName: ByteString, _ flags: RenameFlags = []
  ) throws(Errno) {
    _ = try name.withCString { name throws(Errno) in
      try newName.withCString { newName throws(Errno) in
        try check { renameat2(raw, name, directory.raw, newName, flags.rawValue) }
      }
    }
  }

  /// Asks the file system to put directories that are made in this one far from each other.
  ///
  /// The corresponding system call is `ioctl(2)` with `FS_TOPDIR_FL`, which only ext4 knows.
  package func spreadSubdirectories() throws(Errno) {
    try check { cl_spread_subdirectories(raw) }
  }

  /// Gives a file of this directory a second name.
  ///
  /// The corresponding system call is `linkat(2)`.
  package func link(_ name: ByteString, to directory: Descriptor, _ newName: ByteString)
    throws(Errno)
  {
    _ = try name.withCString { name throws(Errno) in
      try newName.withCString { newName throws(Errno) in
        try check { linkat(raw, name, directory.raw, newName, 0) }
      }
    }
  }

  /// Creates a symlink in this directory.
  ///
  /// The corresponding system call is `symlinkat(2)`.
  package func makeSymlink(_ name: ByteString, to target: ByteString) throws(Errno) {
    _ = try name.withCString { name throws(Errno) in
      try target.withCString { target throws(Errno) in
        try check { symlinkat(target, raw, name) }
      }
    }
  }

  /// Creates a FIFO, a socket or (for who may) a device in this directory.
  ///
  /// The corresponding system call is `mknodat(2)`.
  package func makeNode(_ name: ByteString, mode: mode_t, device: dev_t = 0) throws(Errno) {
    _ = try name.withCString { name throws(Errno) in
      try check { mknodat(raw, name, mode, device) }
    }
  }

  /// What a symlink of this directory points to; the empty name reads this descriptor's own.
  ///
  /// The corresponding system call is `readlinkat(2)`.
  package func symlinkTarget(_ name: ByteString) throws(Errno) -> ByteString {
    try name.withCString { name throws(Errno) in
      try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) {
        (room) throws(Errno) -> ByteString in
        guard let start = room.baseAddress else { throw .noMemory }
        let count = try check { readlinkat(raw, name, start, room.count) }
        return ByteString(UnsafeRawBufferPointer(start: start, count: count))
      }
    }
  }
}
