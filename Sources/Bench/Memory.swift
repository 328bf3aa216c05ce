import CLinux
import Glibc
import Linux

/// What the server of a walk over very many files holds: memory, by inode that the kernel knows,
/// and open descriptors.
struct Memory {
  let files: Int
  private static let perDirectory = 1000

  func run(in place: Workplace) throws -> String {
    let tree = place.path + "/many"
    defer { _ = try? Command.run(["rm", "-rf", tree]) }
    try make(at: tree)
    let server = try place.serve(tree, at: place.path + "/memory")
    defer { server.end() }
    guard let process = server.server else { throw Complaint("the server has no process") }
    let before = try resident(process)
    let client = Client(server.view, files: 0, archive: "")
    let count = try client.walk(server.view)
    let after = try resident(process)
    var lines = ["", "the server after a walk over \(count) files and directories"]
    lines.append("  resident before \(kilobytes(before)), after \(kilobytes(after))")
    lines.append("  by inode that the kernel knows: \((after - before) * 1024 / count) bytes")
    lines.append("  open descriptors: \(try descriptors(of: process)), at most 512 wanted")
    // Only root may drop caches; everybody else reads what the walk left.
    if dropCaches() {
      lines.append("  after the kernel dropped its caches: \(kilobytes(try settled(process)))")
    }
    return lines.joined(separator: "\n")
  }

  private func make(at tree: String) throws {
    for number in 0..<files {
      let directory = "\(tree)/\(number / Self.perDirectory)"
      if number % Self.perDirectory == 0 { try Command.require(["mkdir", "-p", directory]) }
      let file = try check {
        cl_openat(AT_FDCWD, "\(directory)/file-\(number).txt", O_CREAT | O_WRONLY, 0o644)
      }
      close(file)
    }
  }

  private func dropCaches() -> Bool {
    guard let file = try? Descriptor.currentDirectory.open("/proc/sys/vm/drop_caches", [.writeOnly])
    else { return false }
    // Files that the walk's directories hold go first, these with the next one.
    for _ in 0..<2 {
      guard (try? file.borrowed.write(Array("2".utf8))) != nil else { return false }
    }
    return true
  }

  /// The memory once it stops to shrink: the kernel tells what it forgot when it gets to it.
  private func settled(_ process: pid_t) throws -> Int {
    var last = try resident(process)
    while true {
      usleep(500_000)
      let now = try resident(process)
      if now >= last { return now }
      last = now
    }
  }

  private func resident(_ process: pid_t) throws -> Int {
    let line = try Command.lines(of: "/proc/\(process)/status").first { $0.hasPrefix("VmRSS:") }
    let words = (line ?? "").split(whereSeparator: { $0 == " " || $0 == "\t" })
    guard words.count > 1, let kilobytes = Int(words[1]) else {
      throw Complaint("the server of the walk has ended")
    }
    return kilobytes
  }

  private func descriptors(of process: pid_t) throws -> Int {
    Int(try Command.output(["sh", "-c", "ls /proc/\(process)/fd | wc -l"])) ?? 0
  }

  private func kilobytes(_ count: Int) -> String { "\((count + 512) / 1024) MiB" }
}
