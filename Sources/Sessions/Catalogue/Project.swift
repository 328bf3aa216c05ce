import CLinux
import Linux

/// The directory that a session is about, and the one the command starts in.
package struct Project: Sendable {
  package let path: ByteString
  /// Where the command starts: the user's own directory, in or outside the project.
  package let directory: ByteString

  /// The nearest directory upwards that holds `.git` or `.cowbox.toml`, else the one given.
  package static func find(from directory: ByteString) throws -> Project {
    let start = try canonical(directory)
    var candidate = start
    while candidate.count > 1 {
      if isMarked(candidate) { return try Project(path: candidate, directory: start) }
      candidate = candidate.parent
    }
    return try Project(path: start, directory: start)
  }

  /// A project that the user named; the command starts there unless the user stands inside it.
  package static func named(_ path: ByteString, from directory: ByteString) throws -> Project {
    let project = try canonical(path)
    let start = try canonical(directory)
    return try Project(path: project, directory: start.isWithin(project) ? start : project)
  }

  private init(path: ByteString, directory: ByteString) throws(SessionError) {
    if path.count <= 1 {
      throw SessionError(
        "'/' can't be a project", hint: "go to a directory below it, or use --project DIR",
        kind: .usage)
    }
    self.path = path
    self.directory = directory
  }

  private static func canonical(_ path: ByteString) throws -> ByteString {
    let found: ByteString
    do throws(Errno) {
      found = try Process.canonical(path)
      _ = try Descriptor.currentDirectory.open(found, [.path, .directory])
    } catch {
      throw SessionError(
        "cannot use '\(path.printable)' as a project: \(error)",
        hint: "give a directory that exists", kind: .usage)
    }
    return found
  }

  private static func isMarked(_ directory: ByteString) -> Bool {
    for mark: ByteString in [".git", ".cowbox.toml"] {
      // What can't be looked at is no mark: the walk goes on upwards.
      if (try? Descriptor.currentDirectory.status(of: directory.appending(mark))) != nil {
        return true
      }
    }
    return false
  }
}
