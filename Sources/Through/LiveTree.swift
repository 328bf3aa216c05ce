import Glibc
import Linux

/// A real directory whose every change is in an undo log before it is made.
///
/// One change at a time: a log has an order, and nobody may change what is being taken back.
package final class LiveTree: @unchecked Sendable {
  // Invariant: everything mutable is used under `lock`, which is held across input and output.
  let root: OwnedDescriptor
  let log: UndoLog
  let lock = Lock()
  /// Files whose content the step at hand has kept, or that it made.
  var saved: Set<FileKey> = []
  /// Files of whose attributes the same is true.
  var savedAttributes: Set<FileKey> = []
  /// How every file was left that was ever changed through here.
  var left: [FileKey: Fingerprint] = [:]
  /// Files whose end the log of the step at hand does not know yet.
  var touched: Set<FileKey> = []
  /// How often a file is open, by programs that see it here.
  var openCounts: [FileKey: Int] = [:]
  private var changes = 0
  /// Called before everything that changes the directory or the log; a test ends the process there.
  var checkpoint: () -> Void = {}

  /// Who makes something; where all do it as one user, nil.
  package struct Maker: Sendable {
    let owner: UInt32
    let group: UInt32

    /// A maker by user and group.
    package init(owner: UInt32, group: UInt32) {
      self.owner = owner
      self.group = group
    }
  }

  /// A directory, opened, with the undo log in a session's directory.
  ///
  /// A step that a crash has cut off is closed: as its files are now is how it left them.
  package init(_ root: consuming OwnedDescriptor, session: Descriptor) throws(Errno) {
    self.root = root
    log = try UndoLog(session: session)
    try recover()
  }

  /// The directory of a session that holds the log.
  package static let logName = UndoLog.name

  /// The steps that have changed something.
  package func changingSteps() throws(Errno) -> [Int64] {
    try lock.with { () throws(Errno) in try log.steps() }
  }

  /// Grows whenever something is changed, or was to be.
  package var changeCount: Int { lock.with { changes } }

  /// Whether the step at hand has changed anything.
  package var hasChanges: Bool { lock.with { !log.isEmpty } }

  /// Whether no step has.
  package var isUnchanged: Bool { lock.with { ((try? log.steps()) ?? []).isEmpty } }

  /// Lets what follows belong to another step.
  package func beginStep(_ step: Int64) throws(Errno) {
    try lock.with { () throws(Errno) in
      try closeStep()
      log.begin(step)
      saved = []
      savedAttributes = []
    }
  }

  /// Says in the log how the step at hand has left its files.
  package func endStep() throws(Errno) {
    try lock.with { () throws(Errno) in try closeStep() }
  }

  func closeStep() throws(Errno) {
    guard !log.isEmpty, log.step != 0 else { return }
    for key in touched { if let print = left[key] { try log.append(.left(key, print)) } }
    touched = []
    try log.append(.closed, durable: true)
  }

  /// Runs a change alone.
  func change<Result>(_ body: () throws(Errno) -> Result) throws(Errno) -> Result {
    lock.lock()
    defer { lock.unlock() }
    changes += 1
    return try body()
  }

  /// Makes a change that the log knows; one that fails is void.
  func logged(_ record: Record, durable: Bool = false, _ body: () throws(Errno) -> Void)
    throws(Errno)
  {
    checkpoint()
    try log.append(record, durable: durable)
    checkpoint()
    do throws(Errno) { try body() } catch {
      try log.append(.void)
      throw error
    }
  }
}

/// A name and the directory that holds it.
struct Place: ~Copyable {
  let directory: OwnedDescriptor
  let name: ByteString

  func status() throws(Errno) -> FileStatus { try directory.borrowed.status(of: name) }

  /// The status, or nil where nothing is.
  func statusIfAny() throws(Errno) -> FileStatus? {
    do throws(Errno) { return try status() } catch .noEntry { return nil }
  }
}

extension LiveTree {
  /// The place of a path, which leads nowhere out of the directory.
  func place(_ path: ByteString) throws(Errno) -> Place {
    guard !path.isEmpty else {
      return Place(directory: try root.borrowed.open(".", [.path, .directory]), name: ".")
    }
    return Place(
      directory: try root.borrowed.open(beneath: path.parent, [.path, .directory]),
      name: path.lastComponent)
  }

  /// Remembers how a file was left; directories change with every name in them.
  func note(_ status: FileStatus) {
    guard status.kind != .directory else { return }
    left[FileKey(status)] = Fingerprint(status)
    touched.insert(FileKey(status))
  }

  func note(_ place: borrowing Place) throws(Errno) { note(try place.status()) }

  /// What a file is now, apart from its content.
  func image(_ place: borrowing Place, _ status: FileStatus) throws(Errno) -> Image {
    var image = Image(status)
    if status.kind == .symlink {
      image.target = try place.directory.borrowed.symlinkTarget(place.name)
    } else {
      let file = try place.directory.borrowed.open(place.name, [.path, .noFollow])
      do throws(Errno) {
        for name in try file.borrowed.attributeNames() {
          image.attributes[name] = try file.borrowed.attribute(name)
        }
      } catch .notSupported {
        // A file system without them.
      } catch .noData {
        // One was removed while we looked.
      }
    }
    return image
  }

  /// A copy of a file's content beside the log, on the disk.
  func keepCopy(_ place: borrowing Place, _ status: FileStatus) throws(Errno) -> Int? {
    guard status.kind == .regular, status.size > 0 else { return nil }
    let source = try place.directory.borrowed.open(
      place.name, [.readOnly, .noFollow, .nonBlocking])
    let object = log.newObject()
    checkpoint()
    let copy = try log.directory.borrowed.open(
      UndoLog.place(object, of: log.step), [.writeOnly, .create, .exclusive, .noFollow],
      mode: 0o600)
    try copy.borrowed.copyContent(from: source.borrowed, size: status.size)
    try copy.borrowed.synchronize()
    return object
  }
}
