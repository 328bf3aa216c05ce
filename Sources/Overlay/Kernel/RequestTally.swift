import CFuse
import CLinux
import Glibc
import Linux
import Synchronization

/// How many requests of each kind came, in memory that processes forked later share.
package struct RequestTally: @unchecked Sendable {
  // Invariant: the memory is mapped as long as the process lives, and used atomically only.
  private let places: UnsafeMutablePointer<Atomic<UInt64>>
  private static let codeCount = 64

  /// A tally of nothing yet.
  package init() throws(Errno) {
    let size = Self.codeCount * MemoryLayout<Atomic<UInt64>>.stride
    let flags = MAP_SHARED | MAP_ANONYMOUS
    guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED
    else { throw .last }
    places = memory.bindMemory(to: Atomic<UInt64>.self, capacity: Self.codeCount)
  }

  func count(_ code: UInt32) {
    places[Int(min(code, UInt32(Self.codeCount - 1)))].add(1, ordering: .relaxed)
  }

  /// The counts, by the kernel's number of the kind.
  package var counts: [UInt64] {
    (0..<Self.codeCount).map { places[$0].load(ordering: .relaxed) }
  }

  /// What the kernel calls a kind of request.
  package static func name(of code: Int) -> String { names[code] ?? "\(code)" }

  private static let names: [Int: String] = [
    1: "LOOKUP", 2: "FORGET", 3: "GETATTR", 4: "SETATTR", 5: "READLINK", 6: "SYMLINK", 8: "MKNOD",
    9: "MKDIR", 10: "UNLINK", 11: "RMDIR", 12: "RENAME", 13: "LINK", 14: "OPEN", 15: "READ",
    16: "WRITE", 17: "STATFS", 18: "RELEASE", 20: "FSYNC", 21: "SETXATTR", 22: "GETXATTR",
    23: "LISTXATTR", 24: "REMOVEXATTR", 25: "FLUSH", 26: "INIT", 27: "OPENDIR", 28: "READDIR",
    29: "RELEASEDIR", 30: "FSYNCDIR", 34: "ACCESS", 35: "CREATE", 36: "INTERRUPT",
    38: "DESTROY", 39: "IOCTL", 42: "BATCH_FORGET", 43: "FALLOCATE", 44: "READDIRPLUS",
    45: "RENAME2", 46: "LSEEK", 47: "COPY_FILE_RANGE", 50: "SYNCFS", 51: "TMPFILE", 52: "STATX",
  ]
}
