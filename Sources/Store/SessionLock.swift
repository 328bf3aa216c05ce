import Linux

/// The lock of a session, held while this lives.
///
/// It is given up in so many words: closing alone would leave it to a child that was just being
/// started and has not yet closed what it inherited.
struct SessionLock: ~Copyable {
  private let file: OwnedDescriptor

  /// Takes the lock; throws `busy` when another process has it.
  init(in directory: Descriptor) throws(StoreError) {
    let taken: OwnedDescriptor
    do throws(Errno) {
      let run = try directory.open("run", [.directory, .path, .noFollow])
      let file = try run.borrowed.open("lock", [.readWrite, .create, .noFollow], mode: 0o600)
      guard try file.borrowed.takeLock() else { throw .busy }
      taken = file
    } catch .busy {
      throw .busy
    } catch { throw .system(SystemError("lock the session", nil, error)) }
    file = taken
  }

  /// Gives the lock up while this goes on living.
  func giveUp() {
    // A lock that can't be given up ends with the process.
    try? file.borrowed.giveUpLock()
  }

  deinit { giveUp() }
}
