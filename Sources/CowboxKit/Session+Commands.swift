import Linux
import Messages

/// A command to run in a session.
public struct Command: Sendable {
  /// Its words, its name first.
  public var words: [String]
  /// Where it starts; the project's top directory otherwise.
  public var directory: String?
  /// All that its environment is; nil: what `cowbox run` would give it.
  public var environment: [String: String]?
  /// Variables that it gets besides.
  public var variables: [String: String] = [:]
  /// After so many milliseconds it is ended.
  public var timeout: Int64?
  /// What the log says about its step.
  public var message: String?

  /// A command by its words.
  public init(_ words: [String]) { self.words = words }

  /// A command that /bin/sh runs.
  public static func shell(_ script: String) -> Command { Command(["/bin/sh", "-c", script]) }

  var members: [JSON.Member?] {
    func pairs(_ values: [String: String]) -> JSON {
      .array(values.map { .string("\($0.key)=\($0.value)") })
    }
    return [
      JSON.Member("words", .array(words.map { .string($0) })),
      directory.map { JSON.Member("directory", .string($0)) },
      environment.map { JSON.Member("environment", pairs($0)) },
      JSON.Member("variables", pairs(variables)),
      timeout.map { JSON.Member("timeout", .int($0)) },
      message.map { JSON.Member("message", .string($0)) },
    ]
  }
}

extension Session {
  /// Starts a command, which is hung up when this session is closed.
  public func start(_ command: Command) async throws -> RunningCommand {
    let (answer, connection) = try await askAndTell("spawn", command.members)
    guard let number = answer["process"]?.int, let step = answer["step"]?.int else {
      throw CowboxError.unexpected("spawn")
    }
    return RunningCommand(number: number, step: step, connection: connection)
  }

  /// Runs a command to its end; a task that is cancelled ends it.
  public func run(_ command: Command, input: [UInt8] = []) async throws -> CompletedCommand {
    let running = try await start(command)
    do {
      if !input.isEmpty { try await running.write(input) }
      try await running.closeInput()
    } catch let error as CowboxError where error.kind == .failed {
      // It has ended already, or reads nothing.
    }
    return try await running.wait()
  }

  /// Starts a command that goes on without us; answers the host's file where its output goes.
  @discardableResult
  public func startInBackground(_ command: Command) async throws -> String {
    let answer = try await ask("spawn", command.members + [JSON.Member("detached", true)])
    guard let path = answer["output"]?.string else { throw CowboxError.unexpected("spawn") }
    return path
  }
}
