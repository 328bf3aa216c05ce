import Linux

/// Makes the files of objects and of kept content where the host's file system makes them quickly.
///
/// ext4 without a journal gives no inode out again that was deleted in the last minutes
/// (recently_deleted): it passes over them one by one, and where a tree was just removed a new file
/// costs up to 1 ms instead of 30 us. A file belongs where the directory is that it was made in,
/// wherever it is renamed to. So where making them turns out to be slow, objects are made in a
/// `Nursery` somewhere else on the disk.
final class ObjectMaker: @unchecked Sendable {
  // Invariant: everything is guarded by `lock`.
  private let lock = Lock()
  /// nil: objects are made in their own directory.
  private var nursery: Nursery?
  /// How many were made since it was last looked at, and the processor time that they took.
  private var count: Int64 = 0
  private var spent: Int64 = 0
  /// How many places in a row were slow.
  private var disappointments = 0
  /// So many are made before anything else is tried, whatever they cost.
  private var rest: Int64 = 0

  /// From so many nanoseconds for each file a place is slow.
  private let slow: Int64
  /// So many files tell.
  private static let trial: Int64 = 16
  /// Where so many places were slow, the disk is, and a longer time passes until the next one.
  private static let mostTrials = 8
  private static let longRest: Int64 = 4096

  init(slow: Int64 = 150_000) { self.slow = slow }

  /// Makes the file of an object, open for reading and writing.
  func make(_ id: ObjectID, in files: borrowing SessionFiles, memoryIsFull: Bool) throws(Errno)
    -> OwnedDescriptor
  {
    try make(id, for: files.objectDirectory, of: files) { () throws(Errno) in
      try files.openObject(id, Self.flags, memoryIsFull: memoryIsFull)
    }
  }

  /// Makes the file of a content that a pin keeps, likewise.
  func makeBase(_ id: ObjectID, in files: borrowing SessionFiles) throws(Errno) -> OwnedDescriptor {
    try make(id, for: files.baseDirectory, of: files) { () throws(Errno) in
      try files.openBase(id, Self.flags)
    }
  }

  /// Makes a file in the nursery, or as it is made where there is none, and times it.
  private func make(
    _ id: ObjectID, for home: Descriptor, of files: borrowing SessionFiles,
    _ makeAtHome: () throws(Errno) -> OwnedDescriptor
  ) throws(Errno) -> OwnedDescriptor {
    let began = Thread.spent
    let made: OwnedDescriptor
    if let nursery = lock.with({ nursery }) {
      made = try nursery.make(ByteString(id.fileName), for: home)
    } else {
      made = try makeAtHome()
    }
    if isPlaceSlow(after: Thread.spent - began) { move(files) }
    return made
  }

  private static let flags: OpenFlags = [.readWrite, .create, .truncate]

  private func isPlaceSlow(after time: Int64) -> Bool {
    lock.lock()
    defer { lock.unlock() }
    (count, spent) = (count + 1, spent + time)
    guard count >= max(rest, Self.trial) else { return false }
    let isSlow = spent > slow * count
    (count, spent, rest) = (0, 0, 0)
    if !isSlow { disappointments = 0 }
    return isSlow
  }

  /// Tries another place; where there can be none, everything stays as it is.
  private func move(_ files: borrowing SessionFiles) {
    // In memory every place is as good.
    guard files.memoryLimit == nil else { return }
    let next = try? Nursery(in: files.run.borrowed)
    lock.lock()
    let before = nursery
    disappointments += 1
    if next == nil || disappointments >= Self.mostTrials {
      (disappointments, rest) = (0, Self.longRest)
    }
    if let next { nursery = next }
    lock.unlock()
    // Its end is input and output, which nobody is to wait for with the lock.
    withExtendedLifetime(before) {}
  }

  /// Gives the place up, when a session comes to rest.
  func close() {
    let before = lock.with {
      defer { nursery = nil }
      return nursery
    }
    withExtendedLifetime(before) {}
  }
}

/// A directory of its own in which files begin, on another part of the disk than its parent.
///
/// Only ext4 can be told to spread directories; elsewhere there is none.
final class Nursery: Sendable {
  private static let prefix: ByteString = "nursery-"
  private let name: ByteString
  private let parent: OwnedDescriptor
  private let directory: OwnedDescriptor

  init(in run: Descriptor) throws(Errno) {
    // O_PATH descriptors take no ioctl(2).
    parent = try run.open(".", [.directory])
    try parent.borrowed.spreadSubdirectories()
    // The place is chosen by the name.
    let chance = try Process.randomBytes(8).hexadecimal
    name = ByteString(Self.prefix.bytes + Array(chance.utf8))
    try parent.borrowed.makeDirectory(name)
    directory = try parent.borrowed.open(name, [.directory, .path, .noFollow])
  }

  /// Makes a file and gives it its name in the directory that it is for.
  func make(_ name: ByteString, for home: Descriptor) throws(Errno) -> OwnedDescriptor {
    let made = try directory.borrowed.open(
      name, [.readWrite, .create, .truncate, .noFollow], mode: 0o600)
    try directory.borrowed.rename(name, to: home, name)
    return made
  }

  deinit { Self.remove(name, from: parent.borrowed) }

  /// Removes what a crash has left.
  static func removeAll(in run: Descriptor) throws(Errno) {
    let opened = try run.open(".", [.directory])
    for name in try opened.borrowed.entryNames()
    where name.bytes.starts(with: prefix.bytes) { remove(name, from: run) }
  }

  private static func remove(_ name: ByteString, from run: Descriptor) {
    // What stays is an empty directory, or a file that no row speaks of, until the next start.
    try? run.removeTree(name)
  }
}
