import Linux
import Store

extension Keeper {
  /// Brings the session to rest: the box first, then what it wrote, then the session's own files.
  func end() throws {
    desk.close()
    box.end()
    // The kernel writes back what it has cached before it ends the connection.
    fileSystem.wait()
    if plan.isNew, store.isUnchanged, lastWish == nil, !hasToldRefusal {
      try store.abandon()
      try Catalogue.open(at: plan.sessions).remove(plan.session)
    } else {
      try store.checkpoint()
    }
    // The front need not wait until the kernel has taken this process apart: closing the watch
    // of the host's directories alone takes some 20 ms.
    store.unlock()
    lastWish?.fulfil()
    desk.sayGoodbye { answerAll(of: $0) }
  }
}

/// What a client wants done with the session at rest: a command of cowbox, and how to answer.
struct LastWish {
  let words: [ByteString]
  let asker: Asker
  let read: (VerbOutput) throws(ProtocolError) -> JSON

  /// Does it, and waits until the client has its answer.
  func fulfil() {
    do throws(Errno) {
      let call = try VerbCall(words, for: asker, read: read)
      while !call.isOver {
        var set = PollSet()
        call.prepare(&set)
        _ = try set.wait()
        call.advance(set)
      }
      try asker.connection.channel.socket.borrowed.setNonBlocking(false)
    } catch {
      asker.refuse(ProtocolError(.failed, "cannot start cowbox for it: \(error)"))
    }
    asker.connection.flush()
  }
}
