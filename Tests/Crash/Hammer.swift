import Glibc
import Harness
import Linux

/// Somebody who changes a project as fast as they can: rewrites, replaces, renames, removes, and puts
/// symlinks to a place outside where directories were.
///
/// Every content that it writes bears a token; what it destroys by its own doing it reads first, so
/// that it knows which tokens must still be somewhere when it ends.
package struct Hammer {
  private let project: ByteString
  private let outside: ByteString
  /// A private place on the same file system.
  private let bin: ByteString
  private let prefix: String
  private var state: UInt64
  private var count = 0
  /// The tokens that are in the world by our doing, or were found in it.
  private var alive: Set<String> = []

  /// A hammer on the project of a directory that `prepare` made.
  package init(place: ByteString, seed: UInt64) {
    project = place.appending("project")
    outside = place.appending("outside")
    bin = place.appending("bin")
    prefix = "host-\(seed)"
    state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  }

  /// Hammers until standard input ends; then says which tokens must be somewhere.
  package mutating func run() throws {
    try Descriptor.standardInput.setNonBlocking(true)
    while !Self.inputHasEnded {
      for _ in 0..<8 { try act() }
    }
    try Descriptor.standardOutput.write(
      Array(alive.sorted().joined(separator: "\n").utf8))
  }

  private static var inputHasEnded: Bool {
    var byte: UInt8 = 0
    return Glibc.read(0, &byte, 1) == 0
  }

  private mutating func next(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state >> 11) % bound
  }

  private mutating func path() -> ByteString {
    project.appending(ByteString(HostileHost.paths[next(HostileHost.paths.count)]))
  }

  private mutating func act() throws {
    let target = path()
    switch next(6) {
    case 0: try rewrite(target)
    case 1: try replace(target)
    case 2: try remove(target)
    case 3: move(target, to: path())
    case 4: diverted(project.appending(ByteString("d\(next(3))")))
    default: try replace(target)
    }
  }

  private mutating func token() -> String {
    count += 1
    return "\(prefix)-\(count)"
  }

  /// Writes into the inode that is there.
  private mutating func rewrite(_ path: ByteString) throws {
    let file = path.withCString { open($0, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) }
    guard file >= 0 else { return }
    let opened = OwnedDescriptor(owning: file)
    guard try opened.borrowed.status().kind == .regular else { return }
    forget(try opened.borrowed.readAll(limit: 1 << 20))
    let new = token()
    let text = HostileHost.content(of: new)
    // One call: a reader sees the old content or the new, as far as any file system promises it.
    _ = text.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
    _ = ftruncate(file, off_t(text.count))
    alive.insert(new)
  }

  /// Puts a new file in the place of what is there.
  private mutating func replace(_ path: ByteString) throws {
    let made = bin.appending("new")
    let new = token()
    let opened = try Descriptor.currentDirectory.open(
      made, [.writeOnly, .create, .truncate], mode: 0o644)
    try opened.borrowed.write(HostileHost.content(of: new))
    if rename(made, path, UInt32(RENAME_NOREPLACE)) {
      alive.insert(new)
    } else if rename(made, path, UInt32(RENAME_EXCHANGE)) {
      alive.insert(new)
      try dispose(of: made)
    }
  }

  private mutating func remove(_ path: ByteString) throws {
    let taken = bin.appending("taken")
    if rename(path, taken, UInt32(RENAME_NOREPLACE)) { try dispose(of: taken) }
  }

  private func move(_ old: ByteString, to new: ByteString) {
    _ = rename(old, new, UInt32(RENAME_NOREPLACE))
  }

  /// Lets a directory be, for a moment, a symlink to the outside.
  private func diverted(_ directory: ByteString) {
    let aside = bin.appending("aside")
    guard rename(directory, aside, UInt32(RENAME_NOREPLACE)) else { return }
    let made =
      outside.withCString { outside in directory.withCString { symlink(outside, $0) } } == 0
    sched_yield()
    if made { _ = directory.withCString { unlink($0) } }
    if !rename(aside, directory, UInt32(RENAME_NOREPLACE)) {
      // Somebody made it anew: what we took stays with us, and counts as still there.
      _ = rename(aside, bin.appending(ByteString("aside-\(count)")), UInt32(RENAME_NOREPLACE))
    }
  }

  /// Reads what is taken out of the world, then removes it.
  private mutating func dispose(of path: ByteString) throws {
    let status = try Descriptor.currentDirectory.status(of: path)
    if status.kind == .regular {
      let opened = try Descriptor.currentDirectory.open(path, [.noFollow])
      forget(try opened.borrowed.readAll(limit: 1 << 20))
    }
    if status.kind == .directory {
      let kept = bin.appending(ByteString("kept-\(count)"))
      _ = rename(path, kept, UInt32(RENAME_NOREPLACE))
    } else {
      try Descriptor.currentDirectory.remove(path)
    }
  }

  private mutating func forget(_ content: [UInt8]) {
    if let token = HostileHost.token(in: content) { alive.remove(token) }
  }

  private func rename(_ old: ByteString, _ new: ByteString, _ flags: UInt32) -> Bool {
    old.withCString { old in
      new.withCString { renameat2(AT_FDCWD, old, AT_FDCWD, $0, flags) == 0 }
    }
  }
}
