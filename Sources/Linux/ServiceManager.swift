import CLinux
import Glibc

/// Who started this program as a service, if anybody did.
package enum ServiceManager {
  /// Tells it how the service stands, "READY=1"; without one nothing happens.
  ///
  /// The corresponding call is `sd_notify(3)`.
  package static func notify(_ state: String) {
    guard let socket = Process.variable("NOTIFY_SOCKET") else { return }
    // A service manager that does not listen is not worth ending for.
    _ = socket.withCString { path in
      Array(state.utf8).withUnsafeBytes { cl_tell_local(path, $0.baseAddress, $0.count) }
    }
  }
}
