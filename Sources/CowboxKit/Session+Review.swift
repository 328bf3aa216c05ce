import Linux
import Messages

/// How a session differs from its project.
public struct Difference: Sendable, Equatable {
  /// Names exactly this difference; `apply(diff:)` takes it.
  public let id: String
  /// The directory that changed.
  public let root: String
  /// The paths that differ, in order.
  public let changes: [Change]

  /// One path that differs.
  public struct Change: Sendable, Equatable {
    /// Stable while the change is the same one.
    public let key: String
    /// "added", "modified", "deleted" or "renamed".
    public let kind: String
    /// Below the root.
    public let path: String
    /// What it was called, where it has another name now.
    public let origin: String?
    /// "file", "directory", "symlink" and so on, before and after.
    public let oldType: String?
    /// The same of what it is now.
    public let newType: String?
    /// The lines that came and went, where both are text.
    public let addedLines: Int?
    /// The lines that went.
    public let deletedLines: Int?

    init?(_ json: JSON) {
      guard let key = json["key"]?.string, let kind = json["kind"]?.string,
        let path = json["path"]?.string
      else { return nil }
      self.key = key
      self.kind = kind
      self.path = path
      origin = json["from"]?.string
      oldType = json["old"]?["type"]?.string
      newType = json["new"]?["type"]?.string
      addedLines = json["added_lines"]?.int.map { Int($0) }
      deletedLines = json["deleted_lines"]?.int.map { Int($0) }
    }
  }

  init?(_ json: JSON) {
    guard let id = json["id"]?.string, let changes = json["changes"]?.array else { return nil }
    self.id = id
    root = json["root"]?.string ?? ""
    self.changes = changes.compactMap(Change.init)
  }
}

/// A session as it is now.
public struct SessionStatus: Sendable, Equatable {
  /// Its name.
  public let session: String
  /// The directory it is about.
  public let project: String
  /// The step that changes belong to now.
  public let step: Int64
  /// The words of each command that runs.
  public let commands: [[String]]
  /// How many programs are connected.
  public let clientCount: Int
}

extension Session {
  private static func paths(_ paths: [String]) -> JSON.Member? {
    paths.isEmpty ? nil : JSON.Member("paths", .array(paths.map { .string($0) }))
  }

  /// Where the session stands.
  public func status() async throws -> SessionStatus {
    let answer = try await ask("status")
    func text(_ json: JSON?) -> String? {
      json?.byteString.map { String(decoding: $0.bytes, as: UTF8.self) }
    }
    return SessionStatus(
      session: answer["session"]?.string ?? "", project: text(answer["project"]) ?? "",
      step: answer["step"]?.int ?? 0,
      commands: (answer["commands"]?.array ?? []).map {
        ($0["words"]?.array ?? []).compactMap(text)
      },
      clientCount: Int(answer["clients"]?.int ?? 0))
  }

  /// What changed; all of it, or below some paths.
  public func diff(_ paths: [String] = []) async throws -> Difference {
    let answer = try await ask("diff", [JSON.Member("format", "json"), Self.paths(paths)])
    guard let difference = Difference(answer) else { throw CowboxError.unexpected("diff") }
    return difference
  }

  /// What changed, as a patch that git takes.
  public func patch(_ paths: [String] = []) async throws -> [UInt8] {
    let answer = try await ask("diff", [JSON.Member("format", "patch"), Self.paths(paths)])
    guard let text = answer["text"]?.byteString else { throw CowboxError.unexpected("diff") }
    return text.bytes
  }

  /// Makes the changes real in the project: all that are meant, or none.
  ///
  /// No command may run in the session meanwhile. `diff` refuses where the difference is another
  /// one than that which was reviewed.
  public func apply(_ paths: [String] = [], diff id: String? = nil, dryRun: Bool = false)
    async throws
  {
    _ = try await ask(
      "apply",
      [
        Self.paths(paths), id.map { JSON.Member("diff", .string($0)) },
        dryRun ? JSON.Member("dryRun", true) : nil,
      ])
  }

  /// Takes the last apply back.
  public func revert() async throws { _ = try await ask("revert") }

  /// Throws the changes of some paths away.
  public func discard(_ paths: [String]) async throws {
    _ = try await ask("discard", [Self.paths(paths)])
  }

  /// Throws the whole session away.
  public func discardAll() async throws {
    _ = try await ask("discard", [JSON.Member("all", true)])
  }

  /// Shows the view at a directory of the host, for programs without walls.
  public func mount(at point: String) async throws {
    _ = try await ask("mount", [JSON.Member("point", .string(point))])
  }
}
