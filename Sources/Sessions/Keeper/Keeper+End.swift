import Linux
import Store

extension Keeper {
  /// Brings the session to rest: the box first, then what it wrote, then the session's own files.
  func end() throws {
    desk.close()
    box.end()
    // The kernel writes back what it has cached before it ends the connection.
    fileSystem.wait()
    if plan.isNew, store.isUnchanged {
      try store.abandon()
      try Catalogue.open(at: plan.sessions).remove(plan.session)
    } else {
      try store.checkpoint()
    }
    // The front need not wait until the kernel has taken this process apart: closing the watch
    // of the host's directories alone takes some 20 ms.
    store.unlock()
    desk.sayGoodbye()
  }
}
