import Changes
import Linux

/// The directories in which an apply makes what it puts in place, and holds what it takes away:
/// one for each file system, in the project itself, because only there a rename is atomic.
final class Stages {
  let root: Descriptor
  private(set) var paths: [ByteString]
  private var folders: [OpenFile?] = []

  /// The stages at the given paths; they are not made yet.
  init(_ root: Descriptor, _ paths: [ByteString]) {
    self.root = root
    self.paths = paths
  }

  /// Makes the directories.
  func make() throws {
    for path in paths {
      try attempt("make the directory for what is to be applied", path) { () throws(Errno) in
        let parent = try root.open(beneath: path.parent, [.directory, .path])
        try parent.borrowed.makeDirectory(path.lastComponent)
      }
    }
    try open()
  }

  /// Opens the directories, as far as they are there.
  func open() throws {
    folders = []
    for path in paths {
      do throws(Errno) {
        folders.append(OpenFile(try root.open(beneath: path, [.directory])))
      } catch .noEntry {
        folders.append(nil)
      } catch { throw SystemError("open the directory of an apply", path, error) }
    }
  }

  func folder(_ slot: Slot) throws(Errno) -> Descriptor {
    guard slot.stage < folders.count, let folder = folders[slot.stage] else { throw .noEntry }
    return folder.borrowed
  }

  /// What is in a slot; nil: it is empty.
  func status(_ slot: Slot) throws(Errno) -> FileStatus? {
    do { return try folder(slot).status(of: slot.name) } catch .noEntry { return nil }
  }

  /// Makes everything in the stages durable.
  func synchronize() throws(Errno) {
    for folder in folders { try folder?.borrowed.synchronize() }
  }

  /// Removes the stages with all that is still in them.
  func remove() throws {
    folders = []
    for path in paths {
      try attempt("remove the directory of an apply", path) { () throws(Errno) in
        do throws(Errno) {
          let parent = try root.open(beneath: path.parent, [.directory, .path])
          try parent.borrowed.removeTree(path.lastComponent)
        } catch .noEntry {
          // Removed before, by an apply that ended here.
        }
      }
    }
  }
}
