import Apply
import Changes
import Linux
import Sessions
import Store

/// A session at rest whose lock is ours, ready to be applied or reverted.
struct Landing {
  let application: Application

  /// Takes the session's lock; a session whose commands run is refused.
  init(_ session: borrowing StoredSession, root name: String?, to copy: ByteString? = nil) throws {
    let store = try Self.store(of: session)
    try Application.recover(store)
    let root = try Review.root(name, of: store.roots)
    let directory = try attempt("open", root.path) { () throws(Errno) in
      try Descriptor.currentDirectory.open(root.path, [.directory, .noFollow])
    }
    if let copy {
      let opened = try attempt("open", copy) { () throws(Errno) in
        try Descriptor.currentDirectory.open(copy, [.directory])
      }
      application = try Application(
        store, root: root, directory: directory, copyAt: copy, copy: opened)
    } else {
      application = try Application(store, root: root, directory: directory)
    }
  }

  /// Finishes or takes back what an interrupted apply left of a session that rests; says so.
  static func recover(_ session: borrowing StoredSession, _ invocation: Invocation) throws {
    guard try Application.isInterrupted(in: session.directory.borrowed), !session.isRunning else {
      return
    }
    for recovery in try Application.recover(store(of: session)) {
      switch recovery {
      case .undone(let number):
        invocation.say("apply \(number) was interrupted; it was taken back, nothing of it is left")
      case .finished(let number):
        invocation.say("apply \(number) was interrupted; it is finished now")
      }
    }
  }

  static func store(of session: borrowing StoredSession) throws -> SessionStore {
    let failure: StoreError
    do throws(StoreError) { return try SessionStore.open(copy(of: session)) } catch {
      failure = error
    }
    if case .busy = failure { throw running(session.name) }
    throw failure
  }

  private static func copy(of session: borrowing StoredSession) throws(StoreError)
    -> OwnedDescriptor
  {
    do { return try session.directory.borrowed.duplicate() } catch {
      throw .system(SystemError("open the session", nil, error))
    }
  }

  /// The failure of what can't be done while commands run.
  static func running(_ name: SessionName) -> Failure {
    Failure(
      "session \(name) is running",
      hint: "wait until its commands have ended, or end them; 'cowbox status' shows them")
  }
}

extension Failure {
  /// An apply that did not happen, with every conflict on a line of its own.
  init(_ error: ApplyError) {
    var sentence = error.description
    var hint: String?
    if case .conflicts(let conflicts) = error {
      sentence += ":"
      for line in Resolving.table(of: conflicts) { sentence += "\n          \(line)" }
      hint = Resolving.hint
    }
    self.init(sentence, hint: hint, code: error.exitCode)
  }
}
