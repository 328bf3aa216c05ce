import CLinux
import Glibc
import Linux

// Making, changing, renaming and removing many small files.
extension Client {
  var changePhases: [Phase] {
    let range = min(touched, files / 2)..<min(2 * touched, files)
    return [
      Phase("create", "create a 4 KiB file", [.times(0.35, .fuse), .times(1, .kernel)], create),
      Phase("create", "rename it", [.times(0.35, .fuse)], renameCreated),
      Phase("create", "unlink it", [.times(0.35, .fuse)], unlinkCreated),
      Phase("append", "append a byte to a lower file", [.times(0.25, .kernel)]) {
        for number in 0..<min(touched, files) { try append(Tree.file(number)) }
        return min(touched, files)
      },
      Phase("append", "append a byte to the large file", [.times(0.01, .kernel)]) {
        try append(Tree.largeName)
        return 1
      },
      Phase("rename", "rename a lower file", [.times(0.25, .kernel)]) {
        for number in range {
          let name = path(Tree.file(number))
          guard Glibc.rename(name, name + ".renamed") == 0 else { throw Errno.last }
        }
        return range.count
      },
      Phase("rename", "rename a lower directory", [.milliseconds(1)], renameDirectory),
    ]
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

  private func renameCreated() throws -> Int {
    for number in 0..<created {
      guard Glibc.rename(path("new/n\(number)"), path("new/m\(number)")) == 0 else {
        throw Errno.last
      }
    }
    return created
  }

  private func unlinkCreated() throws -> Int {
    for number in 0..<created {
      guard unlink(path("new/m\(number)")) == 0 else { throw Errno.last }
    }
    return created
  }

  private func append(_ name: String) throws {
    let file = try check { open(path(name), O_WRONLY | O_APPEND) }
    guard write(file, "x", 1) == 1 else { throw Errno.last }
    close(file)
  }

  /// Where the answer is EXDEV the figure is that of the copy that mv(1) makes instead.
  private func renameDirectory() throws -> Int {
    if Glibc.rename(path("d1"), path("moved")) == 0 { return 1 }
    try Command.require(["mv", path("d1"), path("moved")])
    return 1
  }
}
