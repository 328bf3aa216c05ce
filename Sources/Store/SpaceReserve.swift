import Glibc
import Linux
import Synchronization

/// Disk space set aside, so that what was acknowledged can always be written.
///
/// Rows are written behind: when the disk fills up meanwhile, the reserve is given up for them, and
/// every further change is refused until there is room for a reserve again.
final class SpaceReserve: @unchecked Sendable {
  // Invariant: used under SessionStore's `writing` only, but for `isGivenUp`.
  private(set) var isHeld = false
  /// Whether the rows took the space, and it was not to be had again since.
  let isGivenUp = Atomic(false)
  private static let name: ByteString = "reserve"
  /// A second of the fastest changes makes less than this.
  private static let byteCount: Int64 = 4 << 20

  /// Sets the space aside; false when there is not enough.
  @discardableResult
  func hold(in directory: Descriptor) -> Bool {
    if isHeld { return true }
    defer { isGivenUp.store(!isHeld, ordering: .relaxed) }
    do throws(Errno) {
      let file = try directory.open(Self.name, [.writeOnly, .create, .noFollow], mode: 0o600)
      do throws(Errno) {
        try file.borrowed.allocate(mode: 0, at: 0, count: Self.byteCount)
        isHeld = true
      } catch .notSupported {
        isHeld = true  // A file system that can't reserve is written to as it is.
      }
    } catch {
      giveUp(in: directory)
    }
    return isHeld
  }

  /// Gives the space to who needs it now.
  func giveUp(in directory: Descriptor) {
    isHeld = false
    isGivenUp.store(true, ordering: .relaxed)
    // A reserve that is not there holds nothing back.
    try? directory.remove(Self.name)
  }
}
