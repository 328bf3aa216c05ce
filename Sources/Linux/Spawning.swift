import CLinux
import Glibc

/// Another program that was started and is not waited for yet.
package struct SpawnedProcess: ~Copyable {
  package let id: Int32
  /// Readable once it has ended.
  package let ended: OwnedDescriptor

  /// Starts this program itself with other words; for processes with threads, which can't fork.
  ///
  /// Its signals are as a new program expects them; the streams are its descriptors 0 to 2.
  ///
  /// The corresponding calls are `posix_spawn(3)` and `pidfd_open(2)`.
  package static func own(_ words: [ByteString], streams: [Descriptor]) throws(Errno)
    -> SpawnedProcess
  {
    try start("/proc/self/exe", words, environment: Process.environment, streams: streams)
  }

  /// Starts a program, looked up in PATH where its name has no slash.
  package static func start(
    _ program: ByteString, _ words: [ByteString], environment: [ByteString],
    streams: [Descriptor], directory: ByteString? = nil
  ) throws(Errno) -> SpawnedProcess {
    var (actions, attributes) = (posix_spawn_file_actions_t(), posix_spawnattr_t())
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for (number, stream) in streams.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, stream.raw, Int32(number))
    }
    directory?.withCString { _ = posix_spawn_file_actions_addchdir_np(&actions, $0) }
    var (all, none) = (sigset_t(), sigset_t())
    sigfillset(&all)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var child: pid_t = 0
    let failure = withCStrings(words) { words in
      withCStrings(environment) { environment in
        program.withCString { posix_spawnp(&child, $0, &actions, &attributes, words, environment) }
      }
    }
    guard failure == 0 else { throw Errno(failure) }
    return try SpawnedProcess(id: child)
  }

  private init(id: Int32) throws(Errno) {
    self.id = id
    ended = OwnedDescriptor(owning: try check { cl_pidfd_open(id) })
  }

  /// Waits for its end and answers its status as wait(2) has it.
  package consuming func wait() throws(Errno) -> Int32 {
    var status: Int32 = 0
    try check { waitpid(id, &status, 0) }
    return status
  }

  /// Gives both away; who takes them waits for the process and closes the descriptor.
  package consuming func release() -> (id: Int32, ended: Int32) {
    (id, ended.release())
  }
}

/// Calls `body` with C strings that live as long as the call, a null pointer behind them.
private func withCStrings<Result>(
  _ strings: [ByteString], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let copies = strings.map { string in string.withCString { strdup($0) } }
  defer { for copy in copies { free(copy) } }
  return body(copies + [nil])
}
