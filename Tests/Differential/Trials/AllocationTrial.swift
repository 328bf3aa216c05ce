import CDifferential
import CLinux
import Glibc
import Linux
import Overlay

/// Counts what the server allocates for requests that come all the time.
package struct AllocationTrial: Sendable {
  let rounds: Int

  /// A trial that asks so often for the same.
  package init(rounds: Int) { self.rounds = rounds }

  /// A finding in any case: a line for each kind of request, with its number and the allocations.
  package func run(by runner: Runner) throws(Errno) -> Finding? {
    if cd_counts_allocations() == 0 {
      return Finding(index: 0, text: "not counted in this build")
    }
    return try runner.watch { place, _ in
      do {
        return Finding(index: 0, text: try count(place))
      } catch { return Finding(index: 0, text: "the trial itself failed: \(error)") }
    }
  }

  /// What is done, whatever the kernel asks for it.
  private static let deeds = [
    "an absent name of the session's own directory", "an absent name of the lower",
    "a name of the lower", "attributes of a file of the session",
    "attributes of a file of the lower", "writing a file of the session",
    "reading a file of the session",
  ]

  private func count(_ place: Workspace) throws -> String {
    let lower = try Descriptor.currentDirectory.open(place.lower, [.directory])
    try lower.borrowed.makeDirectory("d", mode: 0o755)
    let file = try lower.borrowed.open("d/f", [.create, .writeOnly], mode: 0o644)
    try file.borrowed.write(pattern(1, 9000))
    try Workspace.enterNamespace()
    let tally = try RequestTally()
    let shared = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
    guard let shared, shared != MAP_FAILED else { throw Errno.last }
    let allocations = Place(memory: shared.assumingMemoryBound(to: UInt64.self))
    let view = try View(place) { options in
      options.tally = tally
      options.watchLimit = 0
      options.lowerValidity = 0
      cd_count_allocations(allocations.memory)
    }
    let root = try view.root()
    try root.borrowed.makeDirectory("own", mode: 0o755)
    let flags = OpenFlags([.create, .readWrite]).rawValue | O_DIRECT
    let own = try root.borrowed.open("own/f", OpenFlags(rawValue: flags), mode: 0o644)
    let other = try root.borrowed.open("d/f", [])
    var lines: [String] = []
    for (number, deed) in Self.deeds.enumerated() {
      // Twice: what is made once and kept is not of a request.
      var (requests, counted) = (UInt64(0), UInt64(0))
      for turn in 0..<2 {
        let before = (tally.total, allocations.memory.pointee)
        try act(number, turn, root.borrowed, own.borrowed, other.borrowed)
        requests = tally.total - before.0
        counted = allocations.memory.pointee - before.1
      }
      lines.append("\(deed): \(requests) requests, \(counted) allocations")
    }
    return lines.joined(separator: "\n")
  }

  private func act(
    _ number: Int, _ turn: Int, _ root: Descriptor, _ own: Descriptor, _ other: Descriptor
  ) throws(Errno) {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4096)
    defer { room.deallocate() }
    var name = Array("own/absent00000000".utf8.map { CChar(bitPattern: $0) }) + [0]
    if number == 1 { name = Array("d/absent00000000".utf8.map { CChar(bitPattern: $0) }) + [0] }
    for round in 0..<rounds {
      switch number {
      case 0, 1:
        // Another one each time: the kernel remembers.
        var (rest, at) = (turn * rounds + round, name.count - 2)
        while rest > 0 {
          name[at] = CChar(48 + rest % 10)
          (rest, at) = (rest / 10, at - 1)
        }
        faccessat(root.raw, name, F_OK, 0)
      case 2: faccessat(root.raw, "d/f", F_OK, 0)
      case 3: cd_force_status(own.raw)
      case 4: cd_force_status(other.raw)
      case 5: try check { pwrite(own.raw, room.baseAddress, 4096, 0) }
      default: try check { pread(own.raw, room.baseAddress, 4096, 0) }
      }
    }
  }

  private struct Place: @unchecked Sendable {
    // Invariant: mapped as long as the process lives; the server adds, everybody else reads.
    let memory: UnsafeMutablePointer<UInt64>
  }
}

extension RequestTally {
  fileprivate var total: UInt64 { counts.reduce(0, +) }
}
