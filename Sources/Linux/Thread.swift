import CLinux
import Glibc

/// A thread of the kernel's, running one closure.
package struct Thread: Sendable {
  private let handle: pthread_t

  /// Starts a thread with all signals blocked, so that they reach the thread that waits for them.
  package static func start(
    stackSize: Int = 512 << 10, _ body: @escaping @Sendable () -> Void
  ) throws(Errno) -> Thread {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var handle = pthread_t()
    let task = Unmanaged.passRetained(Task(body: body))
    let failure = pthread_create(
      &handle, &attributes,
      { argument in
        if let argument { Unmanaged<Task>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, task.toOpaque())
    guard failure == 0 else {
      task.release()
      throw Errno(failure)
    }
    return Thread(handle: handle)
  }

  /// The processor time of the thread that asks, in nanoseconds.
  package static var spent: Int64 { Timestamp.of(CLOCK_THREAD_CPUTIME_ID).nanoseconds }

  /// Waits until the thread has ended; call it once.
  package func join() { pthread_join(handle, nil) }
}

private final class Task: Sendable {
  let body: @Sendable () -> Void
  init(body: @escaping @Sendable () -> Void) { self.body = body }
}
