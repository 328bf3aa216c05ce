import CLinux
import Glibc

extension Descriptor {
  /// Sets the permission bits of this open file.
  ///
  /// The corresponding system call is `fchmod(2)`.
  package func setPermissions(_ mode: mode_t) throws(Errno) { try check { fchmod(raw, mode) } }

  /// Sets the permissions of a name in this directory; a symlink is followed.
  ///
  /// The corresponding system call is `fchmodat(2)`.
  package func setPermissions(of name: ByteString, _ mode: mode_t) throws(Errno) {
    _ = try name.withCString { name throws(Errno) in try check { fchmodat(raw, name, mode, 0) } }
  }

  /// Sets the permission bits of a name in this directory, which must be no symlink.
  ///
  /// The corresponding system call is `chmod(2)` on the path of a descriptor.
  package func setOwnPermissions(of name: ByteString, _ mode: mode_t) throws(Errno) {
    let file = try open(name, [.path, .noFollow])
    _ = try file.borrowed.procPath.withCString { path throws(Errno) in
      try check { chmod(path, mode) }
    }
  }

  /// Sets owner and group of a name, a symlink's own; UInt32.max leaves one as it is.
  ///
  /// The corresponding system call is `fchownat(2)`; the empty name is this descriptor's file.
  package func setOwner(of name: ByteString, _ owner: UInt32, group: UInt32) throws(Errno) {
    _ = try name.withCString { name throws(Errno) in
      try check { fchownat(raw, name, owner, group, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) }
    }
  }

  /// Sets the times of a name, a symlink's own; nil leaves one as it is.
  ///
  /// The corresponding system call is `utimensat(2)`.
  package func setTimes(of name: ByteString, accessed: Timestamp?, modified: Timestamp?)
    throws(Errno)
  {
    let omit = timespec(tv_sec: 0, tv_nsec: Int(UTIME_OMIT))
    let times = [accessed?.timespec ?? omit, modified?.timespec ?? omit]
    _ = try name.withCString { name throws(Errno) in
      try check { utimensat(raw, name, times, AT_SYMLINK_NOFOLLOW) }
    }
  }

  /// Sets the times of a name as utimensat(2) takes them, UTIME_NOW and UTIME_OMIT included.
  ///
  /// The corresponding system call is `utimensat(2)`.
  package func setTimes(of name: ByteString, _ times: UnsafePointer<timespec>) throws(Errno) {
    _ = try name.withCString { name throws(Errno) in
      try check { utimensat(raw, name, times, AT_SYMLINK_NOFOLLOW) }
    }
  }

  /// Sets the times of this open file; nil leaves one as it is.
  ///
  /// The corresponding system call is `futimens(3)`.
  package func setTimes(accessed: Timestamp?, modified: Timestamp?) throws(Errno) {
    let omit = timespec(tv_sec: 0, tv_nsec: Int(UTIME_OMIT))
    let times = [accessed?.timespec ?? omit, modified?.timespec ?? omit]
    try check { futimens(raw, times) }
  }
}

/// UTIME_OMIT, a macro that Swift can't see.
private let UTIME_OMIT = (1 << 30) - 2

extension Descriptor {
  /// Fails as the kernel would where this process may not use a name of this directory as `mode`
  /// says: W_OK, X_OK.
  ///
  /// The corresponding system call is `faccessat2(2)`.
  package func requireAccess(to name: ByteString, _ mode: Int32) throws(Errno) {
    _ = try name.withCString { name throws(Errno) in
      try check { faccessat(raw, name, mode, AT_EACCESS) }
    }
  }
}
