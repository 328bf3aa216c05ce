import CLinux
import Glibc

/// A lock for short critical sections; never held across input or output.
package final class Lock: @unchecked Sendable {
  // Invariant: the mutex is initialised once, never moved, destroyed with its owner.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  /// An open lock.
  package init() {
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  /// Waits until the lock is this thread's.
  package func lock() { pthread_mutex_lock(mutex) }

  /// Gives the lock up.
  package func unlock() { pthread_mutex_unlock(mutex) }

  /// Runs `body` under the lock.
  package func with<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    lock()
    defer { unlock() }
    return try body()
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }
}

/// A lock with a place to wait for what another thread does under it.
package final class Condition: @unchecked Sendable {
  // Invariant: mutex and condition are initialised once, never moved, destroyed with their owner.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  /// An open lock that nobody waits at.
  package init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    // Times are waited for by a clock that nobody sets.
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  /// Waits until the lock is this thread's.
  package func lock() { pthread_mutex_lock(mutex) }

  /// Gives the lock up.
  package func unlock() { pthread_mutex_unlock(mutex) }

  /// Gives the lock up until another thread calls `wake()`; it may also return without that.
  package func wait() { pthread_cond_wait(condition, mutex) }

  /// Like `wait()`, at most for the given time.
  package func wait(atMost nanoseconds: Int64) {
    let now = Timestamp.of(CLOCK_MONOTONIC).nanoseconds
    var until = Timestamp(nanoseconds: now + nanoseconds).timespec
    pthread_cond_timedwait(condition, mutex, &until)
  }

  /// Runs `body` under the lock.
  package func with<Result>(_ body: () -> Result) -> Result {
    lock()
    defer { unlock() }
    return body()
  }

  /// Runs `body` under the lock, and wakes every thread that waits.
  package func change(_ body: () -> Void) {
    with(body)
    wake()
  }

  /// Wakes every thread that waits.
  package func wake() { pthread_cond_broadcast(condition) }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }
}
