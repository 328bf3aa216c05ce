import Linux
import Messages

/// The way to a session: the program `cowbox` opens it and hands our socket to its keeper.
enum Opening {
  static func open(_ directory: String, _ options: Session.Options, again name: String?)
    async throws
    -> Session.Opened
  {
    let connection = try await connect(directory, options, name)
    let answer = try await connection.ask("hello", ["version": 1, "client": "CowboxKit"])
    guard let name = answer["session"]?.string else { throw CowboxError.unexpected("hello") }
    return Session.Opened(connection: connection, name: name)
  }

  private static func connect(_ directory: String, _ options: Session.Options, _ name: String?)
    async throws -> Connection
  {
    // Waiting for the program takes a thread; the pool's own must not be held up.
    try await withCheckedThrowingContinuation { continuation in
      do {
        _ = try Thread.start {
          continuation.resume(with: Result { try start(directory, options, name) })
        }
      } catch {
        continuation.resume(throwing: CowboxError(.failed, "cannot start a thread: \(error)"))
      }
    }
  }

  private static func start(_ directory: String, _ options: Session.Options, _ name: String?) throws
    -> Connection
  {
    let (ours, theirs) = try SocketPair().release()
    let own = OwnedDescriptor(owning: ours)
    let given = OwnedDescriptor(owning: theirs)
    let nothing = try Descriptor.currentDirectory.open("/dev/null" as ByteString, [.readWrite])
    let environment = options.environment.map { $0.map { ByteString($0) } } ?? Process.environment
    let status: Int32
    do {
      let process = try SpawnedProcess.start(
        ByteString(options.program), words(directory, options, name), environment: environment,
        streams: [given.borrowed, nothing.borrowed, nothing.borrowed])
      _ = consume given
      status = try process.wait()
    } catch {
      throw CowboxError(
        .noProgram, "cannot start '\(options.program)': \(error)",
        hint: "install cowbox, or say where it is in Options.program")
    }
    if status == 0 { return try Connection(socket: own) }
    throw refusal(from: own.borrowed, status)
  }

  private static func words(_ directory: String, _ options: Session.Options, _ name: String?)
    -> [ByteString]
  {
    var words = ["cowbox", "connect", "--project", directory] + options.more
    if let profile = options.profile { words += ["--profile", profile] }
    if let name = name ?? options.session {
      words += ["--session", name]
    } else if options.isNew {
      words.append("--new")
    }
    return words.map { ByteString($0) }
  }

  /// What the program said on our socket before it ended.
  private static func refusal(from socket: Descriptor, _ status: Int32) -> CowboxError {
    var received = LineBuffer(longest: 1 << 20)
    while let bytes = try? socket.receive().bytes, !bytes.isEmpty {
      received.append(bytes)
      if let line = try? received.next(), case .failure(_, let error)? = try? Message(line: line) {
        return CowboxError(error)
      }
    }
    return CowboxError(.failed, "cowbox ended with status \(status >> 8 & 0xFF)")
  }
}
