import CLinux
import Glibc

extension OwnedDescriptor {
  /// A descriptor that becomes readable when somebody raises it, and stays so.
  ///
  /// The corresponding system call is `eventfd(2)`.
  package static func event() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try check { eventfd(0, Int32(EFD_CLOEXEC)) })
  }
}

extension Descriptor {
  /// Makes an event readable.
  ///
  /// The corresponding system call is `write(2)`.
  package func raiseEvent() {
    // The counter overflows after 2^64 raises; nothing else can fail.
    eventfd_write(raw, 1)
  }
}
