import Glibc
import Linux

/// A lock that many hold at once, or one alone.
final class SharedLock: @unchecked Sendable {
  // Invariant: initialised once, never moved, destroyed with its owner.
  private let lock: UnsafeMutablePointer<pthread_rwlock_t>

  init() {
    lock = .allocate(capacity: 1)
    pthread_rwlock_init(lock, nil)
  }

  func lockShared() { pthread_rwlock_rdlock(lock) }
  func unlockShared() { pthread_rwlock_unlock(lock) }

  /// Runs `body` while nobody else holds the lock.
  func exclusively<Result>(_ body: () -> Result) -> Result {
    pthread_rwlock_wrlock(lock)
    defer { pthread_rwlock_unlock(lock) }
    return body()
  }

  /// Takes the lock alone, for good: nobody gets it any more.
  func close() { pthread_rwlock_wrlock(lock) }

  deinit {
    pthread_rwlock_destroy(lock)
    lock.deallocate()
  }
}

/// Locks for the content of files, a few for all: two files may share one.
final class LockStripes: Sendable {
  private let locks: [Lock]

  init(count: Int) { locks = (0..<count).map { _ in Lock() } }

  /// The lock of a place.
  subscript(slot: Slot) -> Lock { locks[Int(slot) % locks.count] }
}
