import Linux
import Synchronization

/// Who of the workers converses with the kernel, and who stands by.
///
/// The kernel wakes one sleeping reader for every request, even for one that a reader who is awake
/// is about to take. So one worker alone, the speaker, reads the devices. Another, the deputy, looks
/// every millisecond of a conversation whether it gets on: where it hangs in a slow lower, the
/// deputy speaks from then on and somebody else is its deputy. Where requests queue up, the deputy
/// helps until there are none. So there is always one more worker than are needed.
final class Roster: @unchecked Sendable {
  /// What a worker is to do.
  enum Duty {
    case speak
    case help
    case end
  }

  // Invariant: everything but `isDozing` and `isHelped` is guarded by `condition`.
  private let condition = Condition()
  private var speaker: Worker?
  private var deputy: Worker?
  private var standbyCount = 0
  private var count = 0
  private var isOver = false
  private var isHelpWanted = false
  /// How far the speaker was at the deputy's last look, and when that was.
  private var seen: UInt64 = 0
  private var looked: Int64 = 0
  private var threads: [Thread] = []
  /// Whether the deputy sleeps until the speaker's next request.
  private let isDozing = Atomic(false)
  private let isHelped = Atomic(false)

  /// How long, in nanoseconds, a request may take before somebody else takes the next one.
  private static let respite: Int64 = 1_000_000
  /// No more than this many requests may hang at once.
  private static let most = 64
}

// What the workers ask.
extension Roster {
  /// The next duty of a worker, when there is one.
  func duty(of worker: Worker, in system: FileSystem) -> Duty {
    condition.lock()
    standbyCount += 1
    defer {
      standbyCount -= 1
      if deputy === worker { deputy = nil }
      if standbyCount == 0 && !isOver { addWorker(to: system) }
      condition.wake()
      condition.unlock()
    }
    while !isOver {
      if speaker == nil { return speak(worker) }
      if deputy == nil { deputy = worker }
      guard deputy === worker else {
        condition.wait()
        continue
      }
      if isHelpWanted {
        isHelpWanted = false
        return .help
      }
      if speaker.map(isStuck) ?? false { return speak(worker) }
    }
    return .end
  }

  /// Says that requests queue up.
  func callForHelp() {
    guard !isHelped.exchange(true, ordering: .relaxed) else { return }
    condition.change { isHelpWanted = true }
  }

  /// Says that a helper found nothing more to do.
  func helped() { isHelped.store(false, ordering: .relaxed) }

  /// Says that a request has come, and is being answered until `progress` moves once more.
  func began(_ worker: Worker) {
    worker.progress.add(1, ordering: .sequentiallyConsistent)
    // Either the deputy, about to doze, sees the progress, or it is seen to doze here.
    guard isDozing.load(ordering: .sequentiallyConsistent) else { return }
    condition.lock()
    condition.wake()
    condition.unlock()
  }

  /// Ends all workers.
  func end() {
    condition.change { isOver = true }
  }
}

// Under the condition's lock.
extension Roster {
  private func speak(_ worker: Worker) -> Duty {
    speaker?.isSpeaker.store(false, ordering: .relaxed)
    speaker = worker
    worker.isSpeaker.store(true, ordering: .relaxed)
    return .speak
  }

  /// Looks whether the speaker got on since the last look, and else waits until the next.
  private func isStuck(_ speaker: Worker) -> Bool {
    let progress = speaker.progress.load(ordering: .sequentiallyConsistent)
    let now = Worker.now
    if progress != seen {
      (seen, looked) = (progress, now)
    } else if progress % 2 == 0 {
      doze(besides: speaker)
      return false
    } else if now - looked >= Self.respite {
      return true
    }
    condition.wait(atMost: Self.respite)
    return false
  }

  /// Sleeps until the speaker, which is waiting for the kernel, has a request.
  private func doze(besides speaker: Worker) {
    isDozing.store(true, ordering: .sequentiallyConsistent)
    if speaker.progress.load(ordering: .sequentiallyConsistent) == seen { condition.wait() }
    isDozing.store(false, ordering: .sequentiallyConsistent)
  }
}

// The threads.
extension Roster {
  /// Starts the first worker; it starts its deputy when it speaks.
  func start(in system: FileSystem) throws(Errno) {
    condition.lock()
    defer { condition.unlock() }
    try startWorker(in: system)
  }

  private func addWorker(to system: FileSystem) {
    guard count < Self.most else { return }
    // Without one more the present workers go on, as slow as what they wait for.
    try? startWorker(in: system)
  }

  private func startWorker(in system: FileSystem) throws(Errno) {
    threads.append(try Thread.start(stackSize: 1 << 20) { system.work() })
    count += 1
  }

  /// Waits until every worker has ended.
  func join() {
    while let thread = condition.with({ threads.popLast() }) { thread.join() }
  }
}
