import CLinux
import Glibc
import Linux

/// Several processes in one view at once, each in a directory of its own, beside the same processes'
/// work on a plain directory.
package struct Crowd: Sendable {
  let seed: UInt64
  let processes: Int
  let operations: Int

  /// So many processes with so many operations each.
  package init(seed: UInt64, processes: Int, operations: Int) {
    self.seed = seed
    self.processes = processes
    self.operations = operations
  }

  /// Runs it; nil: no process saw a difference, and nobody sees one afterwards.
  package func run(by runner: Runner) throws(Errno) -> Finding? {
    try runner.watch { place, progress in
      let trial = Trial(place, [], progress: progress)
      trial.isSealed = true
      trial.homes = (0..<processes).map { Path(ByteString("p\($0)")) }
      return trial.run { trial, plain, overlay, view in
        try trial.crowd(seed, operations, plain, overlay, view)
      }
    }
  }
}

extension Trial {
  func crowd(_ seed: UInt64, _ count: Int, _ plain: Side, _ overlay: Side, _ view: View) throws
    -> String?
  {
    var children: [Int32] = []
    for (index, home) in homes.enumerated() {
      let child = try check { fork() }
      if child == 0 {
        _ = cl_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL))
        var generator = Generator(seed: seed &* 1000 &+ UInt64(index), isRoot: isRoot)
        let text = workAlone(in: home, generator.sequence(count), plain, overlay)
        if let text { complain("process \(index): \(text)") }
        Glibc._exit(text == nil ? 0 : 1)
      }
      children.append(child)
    }
    var failed = 0
    while !children.isEmpty {
      usleep(20_000)
      // Steps begin in the middle of everything: what they hold is anybody's guess, but whole.
      _ = try view.boundary()
      children.removeAll { child in
        var status: Int32 = 0
        guard waitpid(child, &status, WNOHANG) == child else { return false }
        failed += status == 0 ? 0 : 1
        return true
      }
    }
    return failed == 0 ? nil : "\(failed) of \(homes.count) processes saw a difference"
  }

  /// What one process does in its directory.
  private func workAlone(
    in home: Path, _ operations: [Operation], _ plain: Side, _ overlay: Side
  ) -> String? {
    do {
      let own = Side("plain", root: try plain.root.borrowed.open(home.bytes, [.directory]))
      let shown = Side("overlay", root: try overlay.root.borrowed.open(home.bytes, [.directory]))
      for (number, operation) in operations.enumerated() where !operation.isForAll {
        if let text = try perform(operation, own, shown, nil) { return "\(number): \(text)" }
      }
      return compare(own, shown)
    } catch { return "the trial itself failed: \(error)" }
  }
}

extension Operation {
  /// Whether it concerns the whole view, not only who asks for it.
  fileprivate var isForAll: Bool {
    switch self {
    case .boundary, .remount, .kill, .starve: true
    default: false
    }
  }
}
