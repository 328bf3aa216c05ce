import CLinux
import Glibc

/// Calls that are made only to see whether they are let through; each answers its error.
package enum Probe {
  /// Asks for the session's keyring.
  ///
  /// The corresponding system call is `keyctl(2)`.
  package static func keyrings() -> Errno? { error(cl_probe_keyrings()) }

  /// Pushes a byte into what is no terminal: a kernel that looked at it would say so (ENOTTY).
  ///
  /// The corresponding system call is `ioctl(2)` with `TIOCSTI`.
  package static func pushInput() -> Errno? { error(cl_probe_push_input()) }

  /// Makes a socket to the hypervisor, which belongs to no network namespace.
  ///
  /// The corresponding system call is `socket(2)` with `AF_VSOCK`.
  package static func hypervisorSocket() -> Errno? { error(cl_probe_hypervisor_socket()) }

  /// Whether the process can gain no privileges by exec.
  ///
  /// The corresponding system call is `prctl(2)` with `PR_GET_NO_NEW_PRIVS`.
  package static var refusesNewPrivileges: Bool { cl_prctl(PR_GET_NO_NEW_PRIVS, 0) == 1 }

  private static func error(_ result: Int32) -> Errno? { result == -1 ? .last : nil }
}

extension InternetAddress {
  /// Throws where there is no way to the address; sends nothing.
  ///
  /// The corresponding system call is `connect(2)` of a datagram socket.
  package func route() throws(Errno) { try check { cl_probe_route(bytes, port) } }
}
