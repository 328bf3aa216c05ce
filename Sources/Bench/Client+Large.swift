import CLinux
import Glibc
import Linux

// One large file.
extension Client {
  private static let megabytes = 512

  var largePhases: [Phase] {
    [
      Phase("write", "write 512 MiB", [.times(0.6, .fuse)]) {
        try writeLarge(synchronously: false)
      },
      // What the phase before left to be written is not this one's.
      Phase("write", "write 512 MiB and fsync", [.times(1.2, .native)], prepare: settle) {
        try writeLarge(synchronously: true)
      },
      Phase("write", "read it again", [.times(1.3, .native)], prepare: readLarge) {
        try readLarge()
        return 1
      },
      Phase("write", "random 4 KiB reads", [.times(1.3, .native)]) { try random(writing: false) },
      Phase("write", "random 4 KiB writes", [.times(2.5, .native)]) { try random(writing: true) },
      Phase("write", "16-byte writes", [.times(2, .native)], smallWrites),
    ]
  }

  private func writeLarge(synchronously: Bool) throws -> Int {
    let file = try check {
      cl_openat(AT_FDCWD, path("written"), O_CREAT | O_TRUNC | O_WRONLY, 0o644)
    }
    defer { close(file) }
    let block = [UInt8](repeating: 0x79, count: 1 << 20)
    for _ in 0..<Self.megabytes {
      guard write(file, block, block.count) == block.count else { throw Errno.last }
    }
    if synchronously { guard fsync(file) == 0 else { throw Errno.last } }
    return 1
  }

  private func settle() throws {
    let file = OwnedDescriptor(owning: try check { open(path("written"), O_RDONLY) })
    try file.borrowed.synchronize(dataOnly: false)
  }

  private func readLarge() throws { try readWhole(path("written")) }

  private func random(writing: Bool) throws -> Int {
    let file = try check { open(path("written"), O_RDWR) }
    defer { close(file) }
    var state: UInt64 = 88_172_645_463_325_252
    let count = 20_000
    try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 4096) { room in
      for _ in 0..<count {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        let offset = off_t(state % UInt64(Self.megabytes << 8)) * 4096
        let done =
          writing
          ? pwrite(file, room.baseAddress, 4096, offset)
          : pread(file, room.baseAddress, 4096, offset)
        guard done == 4096 else { throw Errno.last }
      }
    }
    return count
  }

  private func smallWrites() throws -> Int {
    let file = try check {
      cl_openat(AT_FDCWD, path("small"), O_CREAT | O_TRUNC | O_WRONLY, 0o644)
    }
    defer { close(file) }
    let count = 200_000
    for _ in 0..<count {
      guard write(file, "0123456789abcdef", 16) == 16 else { throw Errno.last }
    }
    return count
  }
}
