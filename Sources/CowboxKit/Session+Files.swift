import Linux
import Messages

/// What a file of a session's view is.
public struct FileFacts: Sendable, Equatable {
  /// What kind of file it is.
  public enum Kind: String, Sendable {
    case file, directory, symlink, fifo, socket, device
  }

  /// What kind of file it is.
  public let kind: Kind
  /// How many bytes it holds.
  public let size: Int64
  /// The permission bits, set-id and sticky included.
  public let permissions: UInt16
  /// The user id.
  public let owner: UInt32
  /// The group id.
  public let group: UInt32
  /// Nanoseconds since 1970.
  public let modified: Int64
  /// Its number in the view.
  public let inode: UInt64
  /// How many names it has.
  public let linkCount: Int64
  /// Where a symlink leads.
  public let target: String?

  init?(_ json: JSON) {
    guard let kind = json["kind"]?.string.flatMap(Kind.init) else { return nil }
    self.kind = kind
    size = json["size"]?.int ?? 0
    permissions = UInt16(clamping: json["permissions"]?.int ?? 0)
    owner = UInt32(clamping: json["owner"]?.int ?? 0)
    group = UInt32(clamping: json["group"]?.int ?? 0)
    modified = json["modified"]?.int ?? 0
    inode = UInt64(bitPattern: json["inode"]?.int ?? 0)
    linkCount = json["links"]?.int ?? 0
    target = json["target"]?.byteString.map { String(decoding: $0.bytes, as: UTF8.self) }
  }
}

/// Paths that are not absolute begin at the project's top directory.
extension Session {
  private static func path(_ path: String, _ name: String = "path") -> JSON.Member {
    JSON.Member(name, .string(path))
  }

  private static func message(_ message: String?) -> JSON.Member? {
    message.map { JSON.Member("message", .string($0)) }
  }

  /// What a file holds.
  public func read(_ path: String) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let (part, isEnd) = try await part(of: path, at: Int64(bytes.count), length: 4 << 20)
      if bytes.isEmpty { bytes = part } else { bytes += part }
      if isEnd || part.isEmpty { return bytes }
    }
  }

  /// A part of a file, shorter where the file ends.
  public func read(_ path: String, at offset: Int64, length: Int) async throws -> [UInt8] {
    try await part(of: path, at: offset, length: min(length, 8 << 20)).0
  }

  private func part(of path: String, at offset: Int64, length: Int) async throws -> ([UInt8], Bool)
  {
    let answer = try await ask(
      "read",
      [
        Self.path(path), JSON.Member("offset", .int(offset)),
        JSON.Member("length", .int(Int64(length))),
      ])
    guard let data = answer["data"]?.byteString else { throw CowboxError.unexpected("read") }
    return (data.bytes, answer["end"]?.bool ?? true)
  }

  /// How a write treats a file that is there.
  public enum WriteMode: String, Sendable {
    case replace, append
    /// Fails when there is one.
    case create
  }

  /// Writes a file, and the directories above it, as a step of its own.
  public func write(
    _ path: String, _ bytes: [UInt8], mode: WriteMode = .replace, message: String? = nil
  ) async throws {
    _ = try await ask(
      "write",
      [
        Self.path(path), JSON.Member("data", JSON(content: bytes)),
        JSON.Member("mode", .string(mode.rawValue)), JSON.Member("parents", true),
        Self.message(message),
      ])
  }

  /// Writes a text.
  public func write(_ path: String, _ text: String, message: String? = nil) async throws {
    try await write(path, Array(text.utf8), message: message)
  }

  /// Replaces a text that is in a file once, or wherever it is; answers how often.
  @discardableResult
  public func edit(
    _ path: String, replacing old: String, with new: String, everywhere: Bool = false,
    message: String? = nil
  ) async throws -> Int {
    let edit: JSON = ["old": .string(old), "new": .string(new), "all": .bool(everywhere)]
    let answer = try await ask(
      "edit", [Self.path(path), JSON.Member("edits", [edit]), Self.message(message)])
    return Int(answer["replacements"]?.int ?? 0)
  }

  /// The entries of a directory, in the order of their names.
  public func list(_ path: String = ".") async throws -> [(name: String, facts: FileFacts)] {
    var entries: [(String, FileFacts)] = []
    var offset: Int64? = 0
    while let from = offset {
      let answer = try await ask(
        "list",
        [Self.path(path), JSON.Member("offset", .int(from)), JSON.Member("limit", 5000)])
      for entry in answer["entries"]?.array ?? [] {
        guard let name = entry["name"]?.byteString, let facts = FileFacts(entry) else { continue }
        entries.append((String(decoding: name.bytes, as: UTF8.self), facts))
      }
      offset = answer["next"]?.int
    }
    return entries
  }

  /// What a file is.
  public func facts(_ path: String, followingSymlinks: Bool = true) async throws -> FileFacts {
    let answer = try await ask(
      "stat", [Self.path(path), JSON.Member("follow", .bool(followingSymlinks))])
    guard let facts = FileFacts(answer) else { throw CowboxError.unexpected("stat") }
    return facts
  }

  /// Removes a file or directory, as a step of its own.
  public func remove(_ path: String, recursively: Bool = false, message: String? = nil) async throws
  {
    _ = try await ask(
      "remove",
      [Self.path(path), JSON.Member("recursive", .bool(recursively)), Self.message(message)])
  }

  /// Gives a file another name, as a step of its own.
  public func rename(
    _ path: String, to newPath: String, replacing: Bool = true, message: String? = nil
  ) async throws {
    _ = try await ask(
      "rename",
      [
        Self.path(path, "from"), Self.path(newPath, "to"),
        JSON.Member("replace", .bool(replacing)), Self.message(message),
      ])
  }

  /// Makes a directory, and those above it, as a step of its own.
  public func makeDirectory(_ path: String, message: String? = nil) async throws {
    _ = try await ask(
      "makeDirectory", [Self.path(path), JSON.Member("parents", true), Self.message(message)])
  }

  /// The files whose path matches a pattern, as "src/**/*.c".
  public func files(matching pattern: String, below directory: String = ".") async throws
    -> [String]
  {
    let answer = try await ask(
      "glob",
      [
        JSON.Member("pattern", .string(pattern)), Self.path(directory),
        JSON.Member("limit", 100_000),
      ])
    return (answer["paths"]?.array ?? []).compactMap {
      $0.byteString.map { String(decoding: $0.bytes, as: UTF8.self) }
    }
  }
}
