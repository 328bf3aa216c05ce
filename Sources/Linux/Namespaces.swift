import CLinux
import Glibc

/// The namespaces that a new process gets for itself.
package struct NamespaceSet: OptionSet, Sendable {
  package let rawValue: UInt64
  /// Flags as clone(2) numbers them.
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// CLONE_NEWUSER.
  package static let user = NamespaceSet(rawValue: UInt64(CLONE_NEWUSER))
  /// CLONE_NEWNS.
  package static let mount = NamespaceSet(rawValue: UInt64(CLONE_NEWNS))
  /// CLONE_NEWPID.
  package static let process = NamespaceSet(rawValue: UInt64(CLONE_NEWPID))
  /// CLONE_NEWIPC.
  package static let ipc = NamespaceSet(rawValue: UInt64(CLONE_NEWIPC))
  /// CLONE_NEWUTS.
  package static let hostName = NamespaceSet(rawValue: UInt64(CLONE_NEWUTS))
  /// CLONE_NEWNET.
  package static let network = NamespaceSet(rawValue: UInt64(CLONE_NEWNET))
  /// CLONE_NEWCGROUP.
  package static let controlGroup = NamespaceSet(rawValue: UInt64(CLONE_NEWCGROUP))
}

extension Process {
  /// Splits this process in two and answers 0 in the child; only Sandbox calls it.
  ///
  /// The corresponding system call is `fork(2)`, or `clone(2)` where namespaces are asked for.
  package static func fork(into namespaces: NamespaceSet = []) throws(Errno) -> Int32 {
    try check { namespaces.isEmpty ? cl_split() : cl_split_into(namespaces.rawValue) }
  }

  /// Moves this process into new namespaces; it must have a single thread for a user namespace.
  ///
  /// The corresponding system call is `unshare(2)`.
  package static func enterNew(_ namespaces: NamespaceSet) throws(Errno) {
    try check { unshare(Int32(namespaces.rawValue)) }
  }

  /// How many threads this process has, or nil where /proc does not say.
  package static func threadCount() -> Int? {
    // Failure does not matter: who asks treats an unknown count as it sees fit.
    guard let tasks = try? Descriptor.currentDirectory.open("/proc/self/task", [.directory])
    else { return nil }
    var count = 0
    guard (try? tasks.borrowed.forEachEntry({ _, _, _ in count += 1 })) != nil else { return nil }
    return count
  }

  /// The signal that ends this process when its parent's thread ends.
  ///
  /// The corresponding system call is `prctl(2)` with `PR_SET_PDEATHSIG`.
  package static func endWithParent() throws(Errno) {
    try check { cl_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL)) }
  }

  /// Whether other processes of the user may inspect this one.
  ///
  /// The corresponding system call is `prctl(2)` with `PR_GET_DUMPABLE` and `PR_SET_DUMPABLE`.
  package static var mayBeInspected: Bool {
    get { cl_prctl(PR_GET_DUMPABLE, 0) == 1 }
    set { _ = cl_prctl(PR_SET_DUMPABLE, newValue ? 1 : 0) }
  }

  /// Closes every descriptor from a number upwards.
  ///
  /// The corresponding system call is `close_range(2)`.
  package static func closeDescriptors(from lowest: Int32) throws(Errno) {
    try check { cl_close_range(UInt32(lowest), UInt32.max, 0) }
  }

  /// Marks every descriptor from a number upwards to be closed by exec.
  ///
  /// The corresponding system call is `close_range(2)` with `CLOSE_RANGE_CLOEXEC`.
  package static func closeDescriptorsOnExec(from lowest: Int32) throws(Errno) {
    try check { cl_close_range(UInt32(lowest), UInt32.max, 4) }
  }

  /// Waits for the end, or the stop, of a child; nil when none has changed.
  ///
  /// The corresponding system call is `waitpid(2)`.
  package static func wait(
    for child: Int32 = -1, stops: Bool = false, blocking: Bool = false
  ) throws(Errno) -> (process: Int32, status: Int32)? {
    var status: Int32 = 0
    let options = (stops ? WUNTRACED | WCONTINUED : 0) | (blocking ? 0 : WNOHANG)
    do {
      let found = try check { waitpid(child, &status, options) }
      return found == 0 ? nil : (found, status)
    } catch Errno(ECHILD) {
      return nil
    }
  }

  /// Brings the loopback interface of this network namespace up.
  ///
  /// The corresponding system call is `ioctl(2)` with `SIOCSIFFLAGS`.
  package static func raiseLoopback() throws(Errno) { try check { cl_loopback_up() } }

  /// Sets the soft and the hard limit of a resource, RLIMIT_* as the kernel numbers it.
  ///
  /// The corresponding system call is `prlimit(2)`.
  package static func setLimit(_ resource: Int32, soft: UInt64, hard: UInt64) throws(Errno) {
    var limit = rlimit(rlim_cur: rlim_t(soft), rlim_max: rlim_t(hard))
    try check { prlimit(0, __rlimit_resource(UInt32(resource)), &limit, nil) }
  }

  /// The soft and the hard limit of a resource, RLIMIT_* as the kernel numbers it.
  ///
  /// The corresponding system call is `prlimit(2)`.
  package static func limit(_ resource: Int32) throws(Errno) -> (soft: UInt64, hard: UInt64) {
    var limit = rlimit()
    try check { prlimit(0, __rlimit_resource(UInt32(resource)), nil, &limit) }
    return (UInt64(limit.rlim_cur), UInt64(limit.rlim_max))
  }
}
