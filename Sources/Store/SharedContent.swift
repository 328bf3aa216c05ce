import Linux

/// Content that several sessions have together, a whole directory of it.
///
/// A branch of a resting session takes over its content without touching a single object: the
/// directories that hold it move to `.shared`, beside the sessions, and each of the sessions keeps
/// a name of the file `owner` there in its own directory `shared`. So the links of that file, but
/// the one that lies there itself, count who still needs the content; it goes with the last.
/// Nothing is ever written there, and a session's own objects come first.
package final class SharedContent: Sendable {
  let objects: OwnedDescriptor
  let bases: OwnedDescriptor
  /// How many sessions have it.
  let userCount: Int

  /// Where the directories lie, beside the sessions.
  private static let shelf: ByteString = ".shared"
  private static let place: ByteString = "../.shared"
  private static let names: ByteString = "shared"
  private static let owner: ByteString = "owner"
  private static let moved: [ByteString] = ["objects", "base"]

  private init(
    objects: consuming OwnedDescriptor, bases: consuming OwnedDescriptor, userCount: Int
  ) {
    self.objects = objects
    self.bases = bases
    self.userCount = userCount
  }

  /// What a session shares, in no order; the session's own directories must be open already, so
  /// that content which moves meanwhile is found in one or the other.
  static func all(of session: Descriptor) throws(Errno) -> [SharedContent] {
    var found: [SharedContent] = []
    for name in try usedNames(of: session) {
      do throws(Errno) {
        let directory = try session.open(
          place.appending(name), [.directory, .path, .noFollow])
        found.append(
          SharedContent(
            objects: try directory.borrowed.open("objects", [.directory, .path, .noFollow]),
            bases: try directory.borrowed.open("base", [.directory, .path, .noFollow]),
            userCount: Int(try directory.borrowed.status(of: owner).linkCount) - 1))
      } catch .noEntry {
        // Its maker died before anything was moved; what is really missing, the rows tell.
      }
    }
    return found
  }

  /// Moves a session's own content to where others can have it too.
  ///
  /// The caller has the session's lock. Whenever this is cut short, the session has all it had.
  static func make(from session: Descriptor) throws(Errno) {
    let name = ByteString(try Process.randomBytes(8).hexadecimal)
    try session.makeDirectoryIfMissing(names)
    let used = try session.open(names, [.directory, .noFollow])
    _ = try used.borrowed.open(name, [.writeOnly, .create, .exclusive], mode: 0o600)
    try session.makeDirectoryIfMissing(place)
    let shelf = try session.open(place, [.directory, .noFollow])
    try shelf.borrowed.makeDirectory(name, mode: 0o700)
    let directory = try shelf.borrowed.open(name, [.directory, .noFollow])
    try used.borrowed.link(name, to: directory.borrowed, owner)
    for content in moved { try directory.borrowed.makeDirectory(content, mode: 0o700) }
    // From here on the session finds what moves, also after the machine went down.
    for changed in [used.borrowed, directory.borrowed, shelf.borrowed] {
      try changed.synchronize()
    }
    for content in moved {
      try session.rename(content, to: directory.borrowed, content, .exchange)
    }
  }

  /// Lets a branch that is being made have what a session shares.
  static func lend(from session: Descriptor, to branch: Descriptor) throws(Errno) {
    let names = try usedNames(of: session)
    if names.isEmpty { return }
    try branch.makeDirectoryIfMissing(Self.names)
    for name in names {
      try session.link(Self.names.appending(name), to: branch, Self.names.appending(name))
    }
  }

  /// Gives up what a session shares, for one that is about to be removed.
  package static func release(_ session: Descriptor) throws(Errno) {
    for name in try usedNames(of: session) {
      try session.remove(names.appending(name))
      try removeIfUnused(place.appending(name), in: session)
    }
  }

  /// Removes what no session has any more, where the last one's removal was cut short.
  package static func sweep(_ sessions: Descriptor) throws(Errno) {
    for name in try entryNames(of: shelf, in: sessions) {
      try removeIfUnused(shelf.appending(name), in: sessions)
    }
  }

  private static func removeIfUnused(_ path: ByteString, in directory: Descriptor) throws(Errno) {
    do throws(Errno) {
      let links = try directory.status(of: path.appending(owner)).linkCount
      if links == 1 { try directory.removeTree(path) }
    } catch .noEntry {
      // One that is being made, or whose maker died, or somebody else removes it at this moment.
    }
  }

  private static func usedNames(of session: Descriptor) throws(Errno) -> [ByteString] {
    try entryNames(of: names, in: session)
  }

  /// The names in a directory that is made when it is needed first.
  private static func entryNames(of name: ByteString, in directory: Descriptor) throws(Errno)
    -> [ByteString]
  {
    do throws(Errno) {
      let opened = try directory.open(name, [.directory, .noFollow])
      return try opened.borrowed.entryNames()
    } catch .noEntry { return [] }
  }
}

extension Descriptor {
  fileprivate func makeDirectoryIfMissing(_ name: ByteString) throws(Errno) {
    do throws(Errno) { try makeDirectory(name, mode: 0o700) } catch .exists {
      // Made for an earlier branch.
    }
  }
}
