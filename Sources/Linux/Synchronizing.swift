import CLinux
import Glibc

extension Descriptor {
  /// Makes everything durable that was written to this descriptor's file system.
  ///
  /// The corresponding system call is `syncfs(2)`.
  package func synchronizeFileSystem() throws(Errno) { try check { syncfs(raw) } }

  /// Starts to write what is dirty of this file's content, without waiting for it.
  ///
  /// The corresponding system call is `sync_file_range(2)`.
  package func startWriting() throws(Errno) {
    do {
      try check { sync_file_range(raw, 0, 0, UInt32(SYNC_FILE_RANGE_WRITE)) }
    } catch .noSystemCall {
      // Only a start: fsync(2) does all of it.
    }
  }

  /// How many bytes this descriptor's file system still takes from an ordinary user.
  ///
  /// The corresponding system call is `fstatvfs(3)`.
  package func freeSpace() throws(Errno) -> Int64 { try space().free }

  /// The same, and whether the file system counts its blocks at all: else it says 0 of everything.
  ///
  /// The corresponding system call is `fstatvfs(3)`.
  package func space() throws(Errno) -> (free: Int64, isCounted: Bool) {
    var status = statvfs()
    try check { fstatvfs(raw, &status) }
    let free = Int64(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
    return (free, status.f_blocks > 0)
  }

  /// Sets the permission bits of the file that an O_PATH descriptor stands for, no symlink.
  ///
  /// The corresponding system call is `chmod(2)` on the descriptor's path in /proc.
  package func setPermissionsByPath(_ mode: mode_t) throws(Errno) {
    _ = try procPath.withCString { path throws(Errno) in try check { chmod(path, mode) } }
  }
}
