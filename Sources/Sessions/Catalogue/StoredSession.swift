import Linux
import Store

/// A session that exists, found and opened; its keeper may run or not.
package struct StoredSession: ~Copyable {
  package let item: Catalogue.Item
  package let directory: OwnedDescriptor

  package var name: SessionName { item.name }
  package var project: ByteString { item.project }

  /// The session that a catalogue has under that item.
  package static func open(_ item: Catalogue.Item, in catalogue: borrowing Catalogue) throws
    -> StoredSession
  {
    StoredSession(item: item, directory: try catalogue.open(item.name))
  }

  private init(item: Catalogue.Item, directory: consuming OwnedDescriptor) {
    self.item = item
    self.directory = directory
  }

  /// Whether a keeper, or somebody else who changes it, has the session now.
  package var isRunning: Bool {
    guard let lock = try? directory.borrowed.open("run/lock", [.readOnly]) else { return false }
    // Nobody holds what can be locked; the lock goes with the descriptor.
    guard let isFree = try? lock.borrowed.takeLock(exclusive: false) else { return false }
    return !isFree
  }

  /// A consistent reading of the present; what running commands have written is in it.
  package func read() throws -> SessionReader {
    if let client = try Client.connect(to: directory.borrowed) {
      try client.call("flush")
      let reader = try SessionReader(directory: directory.borrowed)
      client.leave()
      return reader
    }
    return try SessionReader(directory: directory.borrowed)
  }
}

extension StoredSession {
  /// Lets the keeper end all that goes on and waits for it; false when there is none.
  package func stop() throws -> Bool {
    guard let client = try Client.connect(to: directory.borrowed) else { return false }
    try client.call("stop")
    client.leave()
    return true
  }

  /// A command that runs in the session now.
  package struct RunningCommand: Sendable {
    package let words: [ByteString]
    package let began: Timestamp
    /// As the keeper told it.
    package let json: JSON
  }

  /// The walls around its commands; nil where no box stands, as at rest or in a mount.
  package func standingWalls() throws -> StandingWalls? {
    guard let client = try Client.connect(to: directory.borrowed) else { return nil }
    defer { client.leave() }
    return try client.walls()
  }

  /// What a session's keeper says of itself.
  package struct Presence: Sendable {
    /// The keeper's process; nil where there is none.
    package var keeper: Int64?
    package var commands: [RunningCommand] = []
    /// Where the session is mounted for other programs, if it is.
    package var mount: ByteString?
  }

  /// The keeper's process and what goes on now; nothing does where there is no keeper.
  package func presence() throws -> Presence {
    guard let client = try Client.connect(to: directory.borrowed) else { return Presence() }
    defer { client.leave() }
    let status = try client.call("status").result
    let commands = (status["commands"]?.array ?? []).map { command in
      RunningCommand(
        words: command["words"]?.array?.compactMap(\.byteString) ?? [],
        began: Timestamp(nanoseconds: command["began"]?.int ?? 0), json: command)
    }
    return Presence(
      keeper: status["keeper"]?.int, commands: commands, mount: status["mount"]?.byteString)
  }
}

extension StoredSession {
  /// Takes the session's lock; nil while somebody else has it.
  package func lockAtRest() throws -> OwnedDescriptor? {
    let run = directory.borrowed
    let lock = try attempt("lock session", name.bytes) { () throws(Errno) in
      try run.open("run/lock", [.readWrite, .create, .noFollow], mode: 0o600)
    }
    guard try lock.borrowed.takeLock() else { return nil }
    return lock
  }
}
