import Linux
import Store

extension Keeper {
  /// Brings the session to rest: the box first, then what it wrote, then the session's own files.
  func end() throws {
    let run = try directory.borrowed.open("run", [.directory, .path])
    // From here on, who looks for us finds nobody and waits for the lock.
    try? run.borrowed.remove("control")
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
    // A client that is gone needs no goodbye.
    try? parting?.channel.socket.borrowed.endSending()
  }
}
