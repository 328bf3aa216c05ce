import CLinux
import Glibc
import Linux

/// Watches the host's directories that the kernel caches, and tells the kernel what changed there.
final class HostWatch: @unchecked Sendable {
  init?() { nil }
  func start(for system: FileSystem) {}
  func add(_ slot: Slot, _ system: FileSystem) {}
  func remove(_ slot: Slot) {}
  func stop() {}
}
