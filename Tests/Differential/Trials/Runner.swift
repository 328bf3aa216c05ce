import CLinux
import Glibc
import Linux

/// Runs trials, each in a process of its own that is watched, and takes away what they leave.
package struct Runner: Sendable {
  /// Where workspaces are made.
  package var base: ByteString = "/var/tmp"
  /// How long a trial may take before it counts as hung.
  package var seconds = 120
  /// How large the store's file system is, so that it can be filled; nil: the workspaces' own.
  package var storeSize: Int?

  /// A runner with the usual limits.
  package init() {}

  /// Makes the operations on both trees; nil: they did the same.
  package func run(_ operations: [Operation]) throws(Errno) -> Finding? {
    try watch { place, progress in
      let trial = Trial(place, operations, progress: progress)
      trial.isSealed = true
      trial.storeSize = storeSize
      return trial.run()
    }
  }

  /// Runs `body` in a forked process with a workspace, which is removed afterwards.
  func watch(
    _ body: (Workspace, UnsafeMutablePointer<Int64>) -> Finding?
  ) throws(Errno) -> Finding? {
    // Asked to end, it takes away what the trial has made before it does.
    var (asked, before) = (sigset_t(), sigset_t())
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&asked, signal) }
    sigprocmask(SIG_BLOCK, &asked, &before)
    defer { sigprocmask(SIG_SETMASK, &before, nil) }
    let place = try Workspace(in: base)
    defer { place.remove() }
    let progress = try Self.sharedNumber()
    defer { munmap(progress, 4096) }
    var ends: [Int32] = [-1, -1]
    try check { pipe2(&ends, O_CLOEXEC) }
    let child = try check { fork() }
    if child == 0 {
      sigprocmask(SIG_SETMASK, &before, nil)
      setpgid(0, 0)
      _ = cl_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL))
      Self.report(body(place, progress), to: Descriptor(ends[1]))
    }
    _ = Glibc.close(ends[1])
    let answers = OwnedDescriptor(owning: ends[0])
    let text = Self.collect(answers.borrowed, seconds)
    // Its own group, so that a server that hangs goes with it; ESRCH when all have ended.
    kill(-child, SIGKILL)
    kill(child, SIGKILL)
    waitpid(child, nil, 0)
    return Self.finding(text, Int(progress.pointee), seconds)
  }

  private static func sharedNumber() throws(Errno) -> UnsafeMutablePointer<Int64> {
    let place = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
    guard let place, place != MAP_FAILED else { throw .last }
    return place.assumingMemoryBound(to: Int64.self)
  }

  /// "ok", or the number of the operation and what went wrong.
  private static func report(_ finding: Finding?, to pipe: Descriptor) -> Never {
    let text = finding.map { "\($0.index)\n\($0.text)" } ?? "ok"
    // When the reader has gone there is nobody to tell.
    try? pipe.write(Array(text.utf8))
    Glibc._exit(0)
  }

  /// Everything until the writer ends, or nil when that takes too long.
  private static func collect(_ pipe: Descriptor, _ seconds: Int) -> [UInt8]? {
    var text: [UInt8] = []
    let deadline = Timestamp.now.nanoseconds + Int64(seconds) * 1_000_000_000
    var room = [UInt8](repeating: 0, count: 4096)
    while Timestamp.now.nanoseconds < deadline, !isAskedToEnd {
      var set = pollfd(fd: pipe.raw, events: Int16(POLLIN), revents: 0)
      guard poll(&set, 1, 500) > 0 else { continue }
      let count = Glibc.read(pipe.raw, &room, room.count)
      if count <= 0 { return text }
      text += room[..<count]
      // Whoever inherited the pipe may keep it open: the report itself is one short write.
      if count < room.count { return text }
    }
    return nil
  }

  private static var isAskedToEnd: Bool {
    var pending = sigset_t()
    sigpending(&pending)
    return [SIGINT, SIGTERM, SIGHUP].contains { sigismember(&pending, $0) == 1 }
  }

  private static func finding(_ text: [UInt8]?, _ progress: Int, _ seconds: Int) -> Finding? {
    guard let text else {
      return Finding(index: progress, text: "hung: no end after \(seconds) seconds")
    }
    let words = String(decoding: text, as: UTF8.self)
    if words == "ok" { return nil }
    guard let end = words.firstIndex(of: "\n"), let index = Int(words[..<end]) else {
      return Finding(index: progress, text: "the trial died: \(words)")
    }
    return Finding(index: index, text: String(words[words.index(after: end)...]))
  }
}

extension Runner {
  /// The shortest sequence that still fails, as far as dropping parts leads there.
  package func shrink(
    _ operations: [Operation], _ first: Finding, attempts: Int = 300
  ) throws(Errno) -> (operations: [Operation], finding: Finding) {
    var best = (Array(operations.prefix(first.index + 1)), first)
    var left = attempts
    var size = max(1, best.0.count / 2)
    while size >= 1, left > 0 {
      var start = 0
      var hasImproved = false
      while start < best.0.count, left > 0 {
        let end = min(start + size, best.0.count)
        let shorter = Array(best.0[..<start] + best.0[end...])
        left -= 1
        if let finding = try run(shorter) {
          best = (Array(shorter.prefix(finding.index + 1)), finding)
          hasImproved = true
        } else {
          start = end
        }
      }
      if size == 1 && !hasImproved { break }
      size = size == 1 ? 1 : size / 2
    }
    return best
  }
}
