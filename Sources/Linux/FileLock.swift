import CLinux
import Glibc

extension Descriptor {
  /// Takes the whole-file lock of this open file; false when another holds it and `wait` is off.
  ///
  /// The corresponding system call is `flock(2)`.
  package func takeLock(exclusive: Bool = true, wait: Bool = false) throws(Errno) -> Bool {
    let operation = (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB)
    do {
      try check { flock(raw, operation) }
      return true
    } catch .tryAgain {
      return false
    }
  }

  /// Gives the whole-file lock of this open file up.
  ///
  /// The corresponding system call is `flock(2)`.
  package func giveUpLock() throws(Errno) { try check { flock(raw, LOCK_UN) } }
}
