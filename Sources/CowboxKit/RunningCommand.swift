import Linux
import Messages

/// A command that runs in a session.
///
/// It is a sequence of what the command writes, which ends when the command does; iterate over it
/// once, or `wait()`.
public final class RunningCommand: AsyncSequence, Sendable {
  /// A part of what a command writes.
  public struct Output: Sendable, Equatable {
    /// Where it was written to.
    public enum Stream: String, Sendable {
      case standardOutput = "stdout"
      case standardError = "stderr"
    }

    /// Where it was written to.
    public let stream: Stream
    /// What was written.
    public let bytes: [UInt8]
  }

  /// A part of what the command writes.
  public typealias Element = Output

  /// The keeper's number for it.
  public let number: Int64
  /// The step that it is.
  public let step: Int64
  private let connection: Connection
  private let events: AsyncThrowingStream<Output, any Error>
  private let ending: Ending

  init(number: Int64, step: Int64, connection: Connection) {
    self.number = number
    self.step = step
    self.connection = connection
    let ending = Ending()
    self.ending = ending
    let (events, feed) = AsyncThrowingStream<Output, any Error>.makeStream()
    self.events = events
    connection.follow(number) { method, params in
      switch method {
      case "output":
        guard let name = params["stream"]?.string, let stream = Output.Stream(rawValue: name),
          let data = params["data"]?.byteString
        else { return }
        feed.yield(Output(stream: stream, bytes: data.bytes))
      case "exited":
        ending.tell(CommandEnding(params))
        connection.unfollow(number)
        feed.finish()
      case "lost": feed.finish(throwing: CowboxError.lost)
      default: break
      }
    }
  }

  /// The parts, as they come.
  public func makeAsyncIterator() -> AsyncThrowingStream<Output, any Error>.Iterator {
    events.makeAsyncIterator()
  }

  /// Waits for the command's end; what it wrote and nobody has read comes with it.
  ///
  /// A task that is cancelled tells the command to end.
  public func wait() async throws -> CompletedCommand {
    try await withTaskCancellationHandler {
      var completed = CompletedCommand()
      for try await output in self {
        switch output.stream {
        case .standardOutput: completed.standardOutput += output.bytes
        case .standardError: completed.standardError += output.bytes
        }
      }
      try Task.checkCancellation()
      guard let ending = ending.told else { throw CowboxError.lost }
      completed.ending = ending
      return completed
    } onCancel: {
      connection.ask("end", ["process": .int(number)]) { _ in }
    }
  }

  /// Gives the command more input.
  public func write(_ bytes: [UInt8]) async throws {
    _ = try await connection.ask(
      "input", ["process": .int(number), "data": JSON(content: bytes)])
  }

  /// Says that the command gets no more input.
  public func closeInput() async throws {
    _ = try await connection.ask("input", ["process": .int(number), "end": true])
  }

  /// Sends the command's process group a signal.
  public func signal(_ signal: Int32) async throws {
    _ = try await connection.ask(
      "signal", ["process": .int(number), "signal": .int(Int64(signal))])
  }

  /// Tells the command to end, and ends it when it does not go.
  public func end(grace milliseconds: Int64 = 5000) async throws {
    _ = try await connection.ask(
      "end", ["process": .int(number), "grace": .int(milliseconds)])
  }
}

/// How a command ended.
public struct CommandEnding: Sendable, Equatable {
  /// The exit status; nil when a signal ended it.
  public var status: Int32?
  /// The signal that ended it.
  public var signal: Int32?
  /// Whether it was ended because its time was over.
  public var timedOut = false
  /// Whether the session changed while it ran.
  public var hasChanges = false
  /// The step that it is.
  public var step: Int64 = 0
  /// The names of the network that the walls refused so far.
  public var refusedNames: [String] = []

  init() {}

  init(_ params: JSON) {
    status = params["status"]?.int.map { Int32(clamping: $0) }
    signal = params["signal"]?.int.map { Int32(clamping: $0) }
    timedOut = params["timedOut"]?.bool ?? false
    hasChanges = params["changed"]?.bool ?? false
    step = params["step"]?.int ?? 0
    refusedNames = params["refusedNames"]?.array?.compactMap(\.string) ?? []
  }
}

/// A command that has ended, with what it wrote.
public struct CompletedCommand: Sendable, Equatable {
  /// How it ended.
  public var ending = CommandEnding()
  /// What it wrote.
  public var standardOutput: [UInt8] = []
  /// What it complained about.
  public var standardError: [UInt8] = []

  /// Whether its exit status is 0.
  public var succeeded: Bool { ending.status == 0 }
  /// What it wrote, as text.
  public var text: String { String(decoding: standardOutput, as: UTF8.self) }
  /// What it complained about, as text.
  public var complaint: String { String(decoding: standardError, as: UTF8.self) }
}

/// A command's end, once it was told.
private final class Ending: Sendable {
  private let lock = Lock()
  // Invariant: read and written under `lock` only.
  nonisolated(unsafe) private var value: CommandEnding?

  var told: CommandEnding? { lock.with { value } }

  func tell(_ ending: CommandEnding) { lock.with { value = ending } }
}
