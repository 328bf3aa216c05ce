import CLinux
import Glibc

/// What kind of file an inode is.
package enum FileKind: UInt8, Sendable {
  case regular = 1
  case directory = 2
  case symlink = 3
  case fifo = 4
  case socket = 5
  case characterDevice = 6
  case blockDevice = 7

  /// The kind that a mode's file type bits say.
  package init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .symlink
    case S_IFIFO: self = .fifo
    case S_IFSOCK: self = .socket
    case S_IFCHR: self = .characterDevice
    case S_IFBLK: self = .blockDevice
    default: self = .regular
    }
  }

  /// The file type bits of a mode.
  package var modeBits: mode_t {
    switch self {
    case .regular: S_IFREG
    case .directory: S_IFDIR
    case .symlink: S_IFLNK
    case .fifo: S_IFIFO
    case .socket: S_IFSOCK
    case .characterDevice: S_IFCHR
    case .blockDevice: S_IFBLK
    }
  }
}

/// A point in time, in nanoseconds since 1970.
package struct Timestamp: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  /// Nanoseconds since 1970.
  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The time that a kernel structure holds; outside of the years 1678 to 2261 the nearest.
  package init(_ time: timespec) {
    let seconds = min(max(Int64(time.tv_sec), -Self.largestSecond), Self.largestSecond)
    nanoseconds = seconds * 1_000_000_000 + Int64(time.tv_nsec) % 1_000_000_000
  }

  private static let largestSecond: Int64 = .max / 1_000_000_000 - 1

  /// Seconds since 1970, rounded down.
  package var seconds: Int64 {
    let (quotient, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return rest < 0 ? quotient - 1 : quotient
  }

  /// The time as the kernel takes it.
  package var timespec: timespec {
    Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds - seconds * 1_000_000_000))
  }

  /// The present, as the file system's clock has it.
  package static var now: Timestamp { of(CLOCK_REALTIME) }

  /// The present as the kernel stamps files, which is up to a tick behind: no file that is changed
  /// from now on gets an earlier time.
  package static var stamp: Timestamp { of(CLOCK_REALTIME_COARSE) }

  /// What a clock of the kernel's shows.
  package static func of(_ clock: clockid_t) -> Timestamp {
    var time = Glibc.timespec()
    clock_gettime(clock, &time)
    return Timestamp(time)
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

/// What the kernel tells of an inode.
package struct FileStatus: Sendable {
  package var raw: stat

  /// A status as fstatat(2) filled it in.
  package init(_ raw: stat) { self.raw = raw }

  package var kind: FileKind { FileKind(mode: raw.st_mode) }
  /// The permission bits, set-id and sticky included.
  package var permissions: mode_t { raw.st_mode & 0o7777 }
  package var device: UInt64 { UInt64(raw.st_dev) }
  package var inode: UInt64 { UInt64(raw.st_ino) }
  package var size: Int64 { Int64(raw.st_size) }
  package var linkCount: UInt64 { UInt64(raw.st_nlink) }
  package var owner: UInt32 { raw.st_uid }
  package var group: UInt32 { raw.st_gid }
  /// Which device a device node stands for, by its major number.
  package var major: UInt64 {
    let device = UInt64(raw.st_rdev)
    return device >> 8 & 0xFFF | device >> 32 & ~0xFFF
  }
  /// The bytes that the file's blocks take on the disk.
  package var allocated: Int64 { Int64(raw.st_blocks) * 512 }
  package var accessed: Timestamp { Timestamp(raw.st_atim) }
  package var modified: Timestamp { Timestamp(raw.st_mtim) }
  package var changed: Timestamp { Timestamp(raw.st_ctim) }
}

extension Descriptor {
  /// The status of this open file.
  ///
  /// The corresponding system call is `fstat(2)`.
  package func status() throws(Errno) -> FileStatus {
    var status = stat()
    try check { fstat(raw, &status) }
    return FileStatus(status)
  }

  /// The status of a name in this directory; a symlink's own.
  ///
  /// The corresponding system call is `fstatat(2)` with `AT_SYMLINK_NOFOLLOW`.
  package func status(of name: UnsafePointer<CChar>) throws(Errno) -> FileStatus {
    var status = stat()
    try check { fstatat(raw, name, &status, AT_SYMLINK_NOFOLLOW) }
    return FileStatus(status)
  }

  /// The status of a name in this directory; a symlink's own.
  ///
  /// The corresponding system call is `fstatat(2)` with `AT_SYMLINK_NOFOLLOW`.
  package func status(of name: ByteString) throws(Errno) -> FileStatus {
    try name.withCString { name throws(Errno) in try status(of: name) }
  }
}
