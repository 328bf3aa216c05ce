import Linux

/// The hidden files that have other names: reading one of those would read the secret.
///
/// They are looked for only once a program meets a file with several names, which is seldom.
final class SecretLinks: Sendable {
  private let paths: [ByteString]
  private let lock = Lock()
  // Invariant: both are read and written under `lock` only.
  nonisolated(unsafe) private var found: Set<Identity> = []
  nonisolated(unsafe) private var lookedAt = Timestamp(nanoseconds: 0)

  /// A directory of the user's that is larger than this, like a browser's, is not read to its end.
  private static let mostEntries = 20_000
  /// A secret that the host links to another name meanwhile is found this much later.
  private static let patience: Int64 = 60_000_000_000

  init(paths: [ByteString]) { self.paths = paths }

  /// Whether a file is one of the hidden ones.
  func contain(_ status: FileStatus) -> Bool {
    if paths.isEmpty { return false }
    return lock.with {
      if Timestamp.now.nanoseconds - lookedAt.nanoseconds > Self.patience { look() }
      return found.contains(Identity(device: status.device, inode: status.inode))
    }
  }

  private func look() {
    found = []
    var left = Self.mostEntries
    for path in paths { look(at: path, in: .currentDirectory, &left) }
    lookedAt = .now
  }

  private func look(at name: ByteString, in directory: Descriptor, _ left: inout Int) {
    left -= 1
    // Failure does not matter here: what is not there, or can't be read by the user who owns the
    // session, has no content that a command could read by another name.
    guard left > 0, let opened = try? directory.open(name, [.path, .noFollow]),
      let status = try? opened.borrowed.status()
    else { return }
    switch status.kind {
    case .directory:
      guard let readable = try? directory.open(name, [.directory, .noFollow]),
        let names = try? readable.borrowed.entryNames()
      else { return }
      for name in names { look(at: name, in: readable.borrowed, &left) }
    case .regular where status.linkCount > 1:
      found.insert(Identity(device: status.device, inode: status.inode))
    default: break
    }
  }
}

/// How often programs asked for names that the view hides.
package final class HiddenLooks: Sendable {
  private let lock = Lock()
  // Invariant: read and written under `lock` only.
  nonisolated(unsafe) private var counts: [ByteString: Int] = [:]

  init() {}

  /// A program could ask for endless names below what is hidden; what is told is bounded.
  func note(_ path: ByteString) {
    lock.with { if counts.count < 64 || counts[path] != nil { counts[path, default: 0] += 1 } }
  }

  /// The paths asked for so far, in no order.
  package var all: [ByteString: Int] { lock.with { counts } }
}
