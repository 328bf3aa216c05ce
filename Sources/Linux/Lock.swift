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
