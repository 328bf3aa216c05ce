import CLinux
import Glibc
import Linux

// Looking at names and at what is behind them.
extension Client {
  var namePhases: [Phase] {
    [
      Phase("walk", "first walk", [.times(0.40, .fuse)]) { try walk(root) },
      Phase("walk", "second walk", [.times(1, .kernel)]) { try walk(root) },
      Phase("walk", "stat again", [.times(1, .kernel)]) { eachFile { lookAt($0) } },
      Phase("absent", "first absent name", [.times(0.60, .fuse)]) {
        eachFile { lookAt($0 + ".no") }
      },
      Phase("absent", "absent name again", [.times(1, .kernel)]) {
        eachFile { lookAt($0 + ".no") }
      },
      Phase("read", "first read of a file", [.times(0.50, .fuse)]) {
        try eachFile { try readWhole($0) }
      },
      Phase("read", "second read of a file", [.times(1, .kernel)]) {
        try eachFile { try readWhole($0) }
      },
    ]
  }

  func walk(_ directory: String) throws -> Int {
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

  func lookAt(_ path: String) {
    var status = stat()
    _ = lstat(path, &status)
  }

  func readWhole(_ path: String) throws {
    let file = try check { open(path, O_RDONLY) }
    defer { close(file) }
    withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { room in
      while read(file, room.baseAddress, room.count) > 0 {}
    }
  }
}
