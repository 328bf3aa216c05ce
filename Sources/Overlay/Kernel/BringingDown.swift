import Glibc
import Linux

// What programs have written may still be the kernel's alone, also of files that were never written
// before: nobody tells this side that a file is opened.
extension FileSystem {
  /// Lets the kernel write everything that programs have written until now, and waits for it.
  ///
  /// Must come from a thread that answers no requests.
  package func bringDown() {
    do {
      guard let view = try view?() else { return bringDownChanged() }
      // It has the kernel ask for all writes, but on FUSE it does not wait for them (Linux 6.18).
      try view.borrowed.synchronizeFileSystem()
      try awaitTaking()
      // Asked behind the writes that were taken last, and so answered behind them.
      _ = try view.borrowed.space()
    } catch {
      // The mount is going, or too busy: what is known to be changed can be asked for one by one.
      bringDownChanged()
    }
  }

  /// Waits until a worker has taken every request that the kernel has for it by now.
  ///
  /// The kernel holds writes back only while more of them are being answered than there are workers
  /// awake; so when none can be read, none is left.
  private func awaitTaking() throws(Errno) {
    let end = Worker.now + Self.patienceForWrites
    var requests = PollSet()
    requests.add(Descriptor(ways.patient))
    while try requests.wait(milliseconds: 0) {
      guard Worker.now < end else { throw .tryAgain }
      usleep(50)
    }
  }

  private static let patienceForWrites: Int64 = 10_000_000_000

  /// Brings down what is cached of the files that the session knows to be changed.
  ///
  /// Invalidating an inode's pages writes the dirty ones and waits for them.
  private func bringDownChanged() {
    let slots = tree.lock.with {
      tree.nodes.values.filter { $0.slot != 0 && $0.row.kind == .regular }.map(\.slot)
    }
    for slot in slots { tellInodeChanged(slot) }
  }
}
