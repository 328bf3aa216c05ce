import Linux
import Messages

/// A session of cowbox: a copy-on-write view of a directory, with walls around what runs in it.
///
/// Any number of tasks may use one; what each asks is answered as soon as it can be. The session
/// rests when nobody uses it any more, and keeps what was changed.
public final class Session: Sendable {
  /// Which session of a directory is meant, and what stands around it.
  public struct Options: Sendable {
    /// The session's name, or the beginning of one; nil: the one used last, or a new one.
    public var session: String?
    /// Whether to begin another session, whatever there is.
    public var isNew = false
    /// The profile: what the walls show and allow.
    public var profile: String?
    /// More options of `cowbox run`, as `--allow-net=example.org`.
    public var more: [String] = []
    /// The program, looked up in PATH.
    public var program = "cowbox"
    /// The environment of the program and of commands, "NAME=value"; nil: this process's own.
    public var environment: [String]?

    /// The session used last, behind the usual walls, but for what is said.
    public init(
      session: String? = nil, isNew: Bool = false, profile: String? = nil, more: [String] = []
    ) {
      self.session = session
      self.isNew = isNew
      self.profile = profile
      self.more = more
    }
  }

  /// The directory that the session is about.
  public let directory: String
  private let options: Options
  private let lock = Lock()
  // Invariant: both are read and written under `lock` only.
  nonisolated(unsafe) private var opening: Task<Opened, any Error>?
  nonisolated(unsafe) private var lastName: String?

  /// A connection and what the keeper said of itself.
  struct Opened: Sendable {
    let connection: Connection
    let name: String
  }

  private init(_ directory: String, _ options: Options) {
    self.directory = directory
    self.options = options
  }

  deinit { close() }

  /// Opens the session of a directory, or makes one.
  public static func open(_ directory: String, options: Options = Options()) async throws -> Session
  {
    let session = Session(directory, options)
    _ = try await session.opened()
    return session
  }

  /// The session's name.
  public var name: String { get async throws { try await opened().name } }

  /// Lets the session go.
  public func close() {
    let task = lock.with { () -> Task<Opened, any Error>? in
      defer { opening = nil }
      return opening
    }
    if let task { Task { try await task.value.connection.leave() } }
  }

  /// The present connection; one that ended is made anew.
  func opened() async throws -> Opened {
    if let task = lock.with({ opening }) {
      let opened = try await task.value
      if !opened.connection.isClosed { return opened }
      forget(task)
    }
    let task = lock.with { () -> Task<Opened, any Error> in
      if let opening { return opening }
      let (directory, options, name) = (directory, options, lastName)
      let task = Task { try await Opening.open(directory, options, again: name) }
      opening = task
      return task
    }
    do {
      let opened = try await task.value
      lock.with { lastName = opened.name }
      return opened
    } catch {
      forget(task)
      throw error
    }
  }

  private func forget(_ task: Task<Opened, any Error>) {
    lock.with { if opening == task { opening = nil } }
  }

  /// Asks the keeper; one that was about to end is followed by another.
  func ask(_ method: String, _ members: [JSON.Member?] = []) async throws -> JSON {
    try await askAndTell(method, members).answer
  }

  func askAndTell(_ method: String, _ members: [JSON.Member?]) async throws
    -> (answer: JSON, connection: Connection)
  {
    let params = JSON.object(members.compactMap { $0 })
    for _ in 0..<3 {
      let connection = try await opened().connection
      do {
        return (try await connection.ask(method, params), connection)
      } catch let error as CowboxError where error == .unheard {
        // Nothing was done; the next keeper is there once this one has ended.
        await withCheckedContinuation { continuation in
          connection.whenClosed { continuation.resume() }
        }
      }
    }
    throw CowboxError.lost
  }
}
