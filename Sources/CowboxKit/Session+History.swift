import Linux
import Messages

/// What happened between two boundaries of a session.
public struct Step: Sendable, Equatable {
  /// Its number.
  public let number: Int64
  /// What made it: "run", "exec", "edit", "undo" and so on.
  public let kind: String
  /// The words of the command, or none.
  public let command: [String]
  /// The exit status, once it has ended.
  public let status: Int32?
  /// What was said about it.
  public let message: String
  /// Nanoseconds since 1970.
  public let began: Int64
  /// The same; nil while it goes on.
  public let ended: Int64?

  init?(_ json: JSON) {
    guard let number = json["step"]?.int, let kind = json["kind"]?.string else { return nil }
    self.number = number
    self.kind = kind
    command = (json["command"]?.array ?? []).compactMap {
      $0.byteString.map { String(decoding: $0.bytes, as: UTF8.self) }
    }
    status = json["status"]?.int.map { Int32(clamping: $0) }
    message = json["message"]?.string ?? ""
    began = json["began"]?.int ?? 0
    ended = json["ended"]?.int
  }
}

/// A name that was given to a step.
public struct Snapshot: Sendable, Equatable {
  /// The name.
  public let name: String
  /// The step that it stands for.
  public let step: Int64
}

extension Session {
  /// The steps, the oldest first; the last so many where a limit is given.
  public func log(limit: Int? = nil) async throws -> [Step] {
    let answer = try await ask("log", [limit.map { JSON.Member("limit", .int(Int64($0))) }])
    return (answer["steps"]?.array ?? []).compactMap(Step.init)
  }

  private func step(_ method: String, _ members: [JSON.Member?]) async throws -> Int64 {
    guard let step = try await ask(method, members)["step"]?.int else {
      throw CowboxError.unexpected(method)
    }
    return step
  }

  /// Lets what follows belong to a new step; answers its number.
  @discardableResult
  public func beginStep(_ message: String = "") async throws -> Int64 {
    try await step("step", [JSON.Member("message", .string(message))])
  }

  /// Takes the last changes back; answers the step that did it.
  @discardableResult
  public func undo(_ count: Int = 1) async throws -> Int64 {
    try await step("undo", [JSON.Member("count", .int(Int64(count)))])
  }

  /// Goes back to a step, by its number or a snapshot's name.
  @discardableResult
  public func undo(to step: String) async throws -> Int64 {
    try await self.step("undo", [JSON.Member("to", .string(step))])
  }

  /// Brings back what was undone last.
  @discardableResult
  public func redo(_ count: Int = 1) async throws -> Int64 {
    try await step("redo", [JSON.Member("count", .int(Int64(count)))])
  }

  /// Gives the present a name; answers its step.
  @discardableResult
  public func snapshot(_ name: String, replacing: Bool = false) async throws -> Int64 {
    try await step(
      "snapshot",
      [JSON.Member("name", .string(name)), JSON.Member("replacing", .bool(replacing))])
  }

  /// The names that were given.
  public func snapshots() async throws -> [Snapshot] {
    let answer = try await ask("snapshots")
    return (answer["snapshots"]?.array ?? []).compactMap {
      guard let name = $0["name"]?.string, let step = $0["step"]?.int else { return nil }
      return Snapshot(name: name, step: step)
    }
  }

  /// Begins another session where this one is, or was at a step; answers its name.
  @discardableResult
  public func branch(_ name: String? = nil, from step: String? = nil) async throws -> String {
    let answer = try await ask(
      "branch",
      [
        name.map { JSON.Member("name", .string($0)) },
        step.map { JSON.Member("from", .string($0)) },
      ])
    guard let made = answer["session"]?.string else { throw CowboxError.unexpected("branch") }
    return made
  }
}
