import CLinux
import Glibc

/// How a file is opened.
package struct OpenFlags: OptionSet, Sendable {
  package let rawValue: Int32
  /// Flags as open(2) numbers them.
  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let readOnly = OpenFlags([])
  package static let writeOnly = OpenFlags(rawValue: O_WRONLY)
  package static let readWrite = OpenFlags(rawValue: O_RDWR)
  package static let create = OpenFlags(rawValue: O_CREAT)
  package static let exclusive = OpenFlags(rawValue: O_EXCL)
  package static let truncate = OpenFlags(rawValue: O_TRUNC)
  package static let append = OpenFlags(rawValue: O_APPEND)
  package static let directory = OpenFlags(rawValue: O_DIRECTORY)
  package static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
  package static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
  package static let path = OpenFlags(rawValue: O_PATH)
  package static let temporary = OpenFlags(rawValue: O_TMPFILE)
  package static let noAccessTime = OpenFlags(rawValue: O_NOATIME)
  package static let noTerminal = OpenFlags(rawValue: O_NOCTTY)
  /// O_ACCMODE: the bits that say reading, writing or both.
  package static let access = OpenFlags(rawValue: O_ACCMODE)
}

/// How far the path of `open(beneath:)` may lead.
package struct Resolve: OptionSet, Sendable {
  package let rawValue: UInt64
  /// Flags as openat2(2) numbers them.
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS: symlinks are followed while they stay beneath.
  package static let beneath = Resolve(
    rawValue: UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS))
  /// RESOLVE_NO_SYMLINKS: no part of the path may be a symlink, the last included.
  package static let noSymlinks = Resolve(rawValue: UInt64(RESOLVE_NO_SYMLINKS))
  /// What every access to a root uses.
  package static let strict: Resolve = [.beneath, .noSymlinks]
}

extension Descriptor {
  /// Opens a path relative to this directory, close-on-exec.
  ///
  /// The corresponding system call is `openat(2)`.
  package func open(
    _ path: UnsafePointer<CChar>, _ flags: OpenFlags, mode: mode_t = 0
  ) throws(Errno) -> OwnedDescriptor {
    let opened = try check { cl_openat(raw, path, flags.rawValue | O_CLOEXEC, mode) }
    return OwnedDescriptor(owning: opened)
  }

  /// Opens a path relative to this directory, close-on-exec.
  ///
  /// The corresponding system call is `openat(2)`.
  package func open(
    _ path: ByteString, _ flags: OpenFlags, mode: mode_t = 0
  ) throws(Errno) -> OwnedDescriptor {
    try path.withCString { path throws(Errno) in try open(path, flags, mode: mode) }
  }

  /// Opens a path that may not lead out of this directory; the empty path is the directory.
  ///
  /// The corresponding system call is `openat2(2)`.
  package func open(
    beneath path: UnsafePointer<CChar>, _ flags: OpenFlags, mode: mode_t = 0,
    resolve: Resolve = .strict
  ) throws(Errno) -> OwnedDescriptor {
    let how = UInt64(UInt32(bitPattern: flags.rawValue | O_CLOEXEC))
    while true {
      let opened =
        path.pointee == 0
        ? cl_openat2(raw, ".", how, UInt64(mode), resolve.rawValue)
        : cl_openat2(raw, path, how, UInt64(mode), resolve.rawValue)
      if opened != -1 { return OwnedDescriptor(owning: opened) }
      // EAGAIN: a rename raced with the walk, openat2(2) asks to try again.
      let failure = Errno.last
      if failure != .interrupted && failure != .tryAgain { throw failure }
    }
  }

  /// Opens a path that may not lead out of this directory; the empty path is the directory.
  ///
  /// The corresponding system call is `openat2(2)`.
  package func open(
    beneath path: ByteString, _ flags: OpenFlags, mode: mode_t = 0, resolve: Resolve = .strict
  ) throws(Errno) -> OwnedDescriptor {
    try path.withCString { path throws(Errno) in
      try open(beneath: path, flags, mode: mode, resolve: resolve)
    }
  }
}
