import CLinux
import Glibc
import Linux

/// What a program does to a tree, phase by phase; each figure is microseconds per operation.
struct Client {
  let root: String
  let files: Int
  private let created = 10_000
  private let touched = 2_000

  init(_ root: String, files: Int) {
    self.root = root
    self.files = files
  }

  func run(into output: String) throws {
    guard let figures = fopen(output, "w") else { throw Errno.last }
    defer { fclose(figures) }
    for phase in phases {
      let began = now()
      let count = try phase.body()
      let microseconds = Double(now() - began) / 1000 / Double(max(count, 1))
      fputs("\(phase.name)\t\(microseconds)\n", figures)
    }
  }

  private func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Timestamp(time).nanoseconds
  }

  private var phases: [(name: String, body: () throws -> Int)] {
    [
      ("first walk", { try walk(root) }),
      ("second walk", { try walk(root) }),
      ("stat again", { eachFile { lookAt($0) } }),
      ("first absent name", { eachFile { lookAt($0 + ".no") } }),
      ("absent name again", { eachFile { lookAt($0 + ".no") } }),
      ("first read of a file", { try eachFile { try readWhole($0) } }),
      ("second read of a file", { try eachFile { try readWhole($0) } }),
      ("create a 4 KiB file", create), ("rename it", renameCreated), ("unlink it", unlinkCreated),
      ("append a byte to a lower file", { try append(0..<min(touched, files)) }),
      ("rename a lower file", renameLower),
      ("append a byte to the large file", { try append(Tree.largeName) }),
      ("rename a lower directory", renameDirectory),
      ("write 512 MiB", { try writeLarge(synchronously: false) }),
      ("write 512 MiB and fsync", { try writeLarge(synchronously: true) }),
      ("read it again", readLarge), ("random 4 KiB reads", { try random(writing: false) }),
      ("random 4 KiB writes", { try random(writing: true) }), ("16-byte writes", smallWrites),
    ] + programs
  }

  private func path(_ name: String) -> String { root + "/" + name }
}

// Names.
extension Client {
  private func walk(_ directory: String) throws -> Int {
    guard let opened = opendir(directory) else { throw Errno.last }
    defer { closedir(opened) }
    var count = 0
    while let entry = readdir(opened) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      var status = stat()
      guard fstatat(dirfd(opened), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
        throw Errno.last
      }
      count += 1
      if status.st_mode & S_IFMT == S_IFDIR { count += try walk(directory + "/" + name) }
    }
    return count
  }

  private func eachFile(_ body: (String) throws -> Void) rethrows -> Int {
    for number in 0..<files { try body(path(Tree.file(number))) }
    return files
  }

  private func lookAt(_ path: String) {
    var status = stat()
    _ = lstat(path, &status)
  }

  private func renameCreated() throws -> Int {
    for number in 0..<created {
      guard rename(path("new/n\(number)"), path("new/m\(number)")) == 0 else { throw Errno.last }
    }
    return created
  }

  private func unlinkCreated() throws -> Int {
    for number in 0..<created {
      guard unlink(path("new/m\(number)")) == 0 else { throw Errno.last }
    }
    return created
  }

  private func renameLower() throws -> Int {
    let range = min(touched, files / 2)..<min(2 * touched, files)
    for number in range {
      let name = path(Tree.file(number))
      guard rename(name, name + ".renamed") == 0 else { throw Errno.last }
    }
    return range.count
  }

  /// Overlayfs answers EXDEV: then the figure is that of the copy that mv(1) makes instead.
  private func renameDirectory() throws -> Int {
    try Command.require(["mv", path("d1"), path("moved")])
    return 1
  }
}

// Content.
extension Client {
  private func readWhole(_ path: String) throws {
    let file = try check { open(path, O_RDONLY) }
    defer { close(file) }
    withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { room in
      while read(file, room.baseAddress, room.count) > 0 {}
    }
  }

  private func create() throws -> Int {
    guard mkdir(path("new"), 0o755) == 0 else { throw Errno.last }
    let block = [UInt8](repeating: 0x78, count: 4096)
    for number in 0..<created {
      let file = try check {
        cl_openat(AT_FDCWD, path("new/n\(number)"), O_CREAT | O_WRONLY, 0o644)
      }
      guard write(file, block, block.count) == block.count else { throw Errno.last }
      close(file)
    }
    return created
  }

  private func append(_ range: Range<Int>) throws -> Int {
    for number in range { _ = try append(Tree.file(number)) }
    return range.count
  }

  private func append(_ name: String) throws -> Int {
    let file = try check { open(path(name), O_WRONLY | O_APPEND) }
    guard write(file, "x", 1) == 1 else { throw Errno.last }
    close(file)
    return 1
  }

  private func writeLarge(synchronously: Bool) throws -> Int {
    let file = try check {
      cl_openat(AT_FDCWD, path("written"), O_CREAT | O_TRUNC | O_WRONLY, 0o644)
    }
    defer { close(file) }
    let block = [UInt8](repeating: 0x79, count: 1 << 20)
    for _ in 0..<512 {
      guard write(file, block, block.count) == block.count else { throw Errno.last }
    }
    if synchronously { guard fsync(file) == 0 else { throw Errno.last } }
    return 1
  }

  private func readLarge() throws -> Int {
    try readWhole(path("written"))
    return 1
  }

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
        let offset = off_t(state % (512 << 8)) * 4096
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
