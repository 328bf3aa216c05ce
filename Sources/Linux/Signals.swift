import CLinux
import Glibc

/// Signals that come as input on a descriptor instead of interrupting.
package struct SignalInput: ~Copyable {
  /// Readable while a signal waits.
  package let descriptor: OwnedDescriptor

  /// Blocks the signals and opens their descriptor.
  ///
  /// The corresponding system calls are `sigprocmask(2)` and `signalfd(2)`.
  package init(_ signals: [Int32]) throws(Errno) {
    var set = sigset_t()
    sigemptyset(&set)
    for number in signals {
      sigaddset(&set, number)
      // Who started us may ignore it, and then the kernel reaps children without a word.
      if number == SIGCHLD { signal(number, SIG_DFL) }
    }
    try check { sigprocmask(SIG_BLOCK, &set, nil) }
    descriptor = OwnedDescriptor(owning: try check { cl_signal_descriptor(&set) })
  }

  /// The next signal, or nil when none waits.
  package func next() throws(Errno) -> Int32? {
    let signal = try check { cl_next_signal(descriptor.raw) }
    return signal == 0 ? nil : signal
  }
}

/// Lets a signal do again what it does by itself, and unblocks it.
///
/// The corresponding system calls are `signal(2)` and `sigprocmask(2)`.
package func restoreSignal(_ number: Int32) {
  signal(number, SIG_DFL)
  var set = sigset_t()
  sigemptyset(&set)
  sigaddset(&set, number)
  sigprocmask(SIG_UNBLOCK, &set, nil)
}

/// Makes this process deaf to a signal.
///
/// The corresponding system call is `signal(2)`.
package func ignoreSignal(_ number: Int32) { signal(number, SIG_IGN) }

/// Unblocks every signal, as a new program expects it.
///
/// The corresponding system call is `sigprocmask(2)`.
package func unblockAllSignals() {
  var set = sigset_t()
  sigemptyset(&set)
  sigprocmask(SIG_SETMASK, &set, nil)
}
