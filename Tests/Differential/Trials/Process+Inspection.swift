import CLinux
import Glibc
import Linux

extension Process {
  /// Lets this process write its own files in /proc again, after its ids were changed.
  ///
  /// The corresponding system call is `prctl(2)` with `PR_SET_DUMPABLE`.
  package static func allowInspection() throws(Errno) {
    try check { cl_prctl(PR_SET_DUMPABLE, 1) }
  }
}
