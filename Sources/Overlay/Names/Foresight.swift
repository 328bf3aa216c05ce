import CFuse
import Glibc
import Linux

/// The directory that a walker will read next, looked up while it digests the one before.
///
/// A walker reads a directory, then the first one in it, and so on in the order of the listing. What
/// was looked up is good only as long as neither the session nor the host has changed anything; a
/// change also ends the walk that is foreseen. Each worker has its own.
final class Foresight {
  /// Directories that were shown and not yet read, the next one last.
  private var expected: [Slot] = []
  /// Those of the page that is being filled, in its order.
  private var met: [Slot] = []
  /// The directory that is looked up; 0: none.
  private var slot: Slot = 0
  private var listing: Listing?
  /// What the lower says of the listing's first names.
  private var statuses: [FileStatus] = []
  private var moment: UInt64 = 0
  private var began: Int64 = 0

  /// Of so many names at most, and for so many nanoseconds.
  private static let mostNames = 1024
  private static let lifetime: Int64 = 100_000_000
  private static let mostExpected = 4096

  /// Notes a directory that is being shown to the kernel.
  func meet(_ slot: Slot) { met.append(slot) }

  /// Ends a page: the directories in it are read next, in its order.
  func endPage() {
    if expected.count + met.count > Self.mostExpected { expected.removeAll(keepingCapacity: true) }
    expected.append(contentsOf: met.reversed())
    met.removeAll(keepingCapacity: true)
  }

  /// Forgets all: something is about to be changed.
  func clear(in system: FileSystem) {
    guard slot != 0 || !expected.isEmpty else { return }
    expected.removeAll(keepingCapacity: true)
    drop(in: system)
  }

  private func drop(in system: FileSystem) {
    if slot != 0 { system.forget(fuse_ino_t(slot), 1) }
    slot = 0
    listing = nil
    statuses.removeAll(keepingCapacity: true)
  }

  /// The listing of a directory that is read now, where it was foreseen and is still true.
  func take(_ wanted: Slot, in system: FileSystem) -> Listing? {
    if let place = expected.lastIndex(of: wanted) { expected.removeSubrange(place...) }
    guard slot == wanted, let listing, system.quietMoment == moment,
      Worker.now - began < Self.lifetime
    else {
      drop(in: system)
      return nil
    }
    return listing
  }

  /// What the lower was found to say of a name, by its place in the listing that was taken.
  func status(_ index: Int) -> FileStatus? { index < statuses.count ? statuses[index] : nil }

  /// Looks up a little more of the next directory; false: there is nothing to do.
  func prepare(in system: FileSystem) -> Bool {
    guard let next = expected.last else { return false }
    if next != slot { return begin(next, in: system) }
    guard let listing, statuses.count < min(listing.items.count, Self.mostNames) else {
      return false
    }
    let start = Int(listing.items[statuses.count].start)
    let found = listing.names.withUnsafeBufferPointer { names -> FileStatus? in
      guard let name = names.baseAddress else { return nil }
      return (name + start).withMemoryRebound(to: CChar.self, capacity: 1) {
        // What can't be looked up now is asked for again when it is wanted.
        try? system.lowerStatus(Name($0), in: slot)
      }
    }
    guard let found else {
      self.listing = nil
      expected.removeLast()
      return false
    }
    statuses.append(found)
    return true
  }

  private func begin(_ next: Slot, in system: FileSystem) -> Bool {
    guard let quiet = system.quietMoment else { return false }
    drop(in: system)
    // The kernel may have forgotten it; from here on it stays.
    guard system.holdDirectory(next) else {
      expected.removeLast()
      return true
    }
    (slot, moment, began) = (next, quiet, Worker.now)
    do throws(Errno) {
      listing = try system.makeListing(of: next)
    } catch {
      // Whoever reads it is told what is wrong.
      listing = nil
      expected.removeLast()
    }
    return true
  }
}

/// Which requests change what the view shows, by the kernel's number of their kind.
struct ChangingRequests {
  private let bits: UInt64

  init(_ kinds: [fuse_opcode]) {
    bits = kinds.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
  }

  func contains(_ code: UInt32) -> Bool { code < 64 && bits >> UInt64(code) & 1 == 1 }
}

// When what was looked up ahead is no longer true.
extension FileSystem {
  static let changing = ChangingRequests([
    FUSE_SETATTR, FUSE_SYMLINK, FUSE_MKNOD, FUSE_MKDIR, FUSE_UNLINK, FUSE_RMDIR, FUSE_RENAME,
    FUSE_RENAME2, FUSE_LINK, FUSE_WRITE, FUSE_SETXATTR, FUSE_REMOVEXATTR, FUSE_CREATE,
    FUSE_FALLOCATE, FUSE_COPY_FILE_RANGE, FUSE_TMPFILE,
  ])

  /// Counts one more lookup of a directory; false where there is none at the place.
  func holdDirectory(_ slot: Slot) -> Bool {
    tree.lock.with {
      guard inodes.isUsed(UInt64(slot)), inodes[slot].pointee.kind == .directory else {
        return false
      }
      inodes[slot].pointee.lookups += 1
      return true
    }
  }

  /// Says that a change begins: nothing that was looked up before it holds.
  func beginChange() { changesBegun.add(1, ordering: .sequentiallyConsistent) }

  /// Says that it is over: what is looked up from now on has seen it.
  func endChange() { changesEnded.add(1, ordering: .sequentiallyConsistent) }

  /// The number of changes so far; nil while one is going on.
  var quietMoment: UInt64? {
    let ended = changesEnded.load(ordering: .sequentiallyConsistent)
    return changesBegun.load(ordering: .sequentiallyConsistent) == ended ? ended : nil
  }
}
