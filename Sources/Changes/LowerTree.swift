import Glibc
import Linux

/// The lower of a root as it is now, read beneath its descriptor.
///
/// Nothing is ever opened that could block or act: what is no regular file is only looked at.
package final class LowerTree {
  package let root: Descriptor
  private var directory: OpenFile?
  private var directoryPath: ByteString?

  /// The tree below an open directory, which must stay open.
  package init(_ root: Descriptor) { self.root = root }

  /// What is at a path, or nil where nothing is or a parent is no directory.
  package func status(_ path: ByteString) throws -> FileStatus? {
    do throws(Errno) {
      if path.isEmpty { return try root.status() }
      guard let parent = try parentDirectory(of: path) else { return nil }
      return try parent.status(of: path.lastComponent)
    } catch {
      if Self.meansAbsent(error) { return nil }
      throw SystemError("look at", path, error)
    }
  }

  /// Forgets what was kept open, after directories were moved.
  package func forget() {
    directory = nil
    directoryPath = nil
  }

  /// The directory above a path, kept open for the next path of the same directory.
  private func parentDirectory(of path: ByteString) throws(Errno) -> Descriptor? {
    let wanted = path.parent
    if wanted.isEmpty { return root }
    if directoryPath != wanted {
      directoryPath = wanted
      directory = nil
      do {
        directory = OpenFile(try root.open(beneath: wanted, [.directory, .path]))
      } catch {
        guard Self.meansAbsent(error) else {
          directoryPath = nil
          throw error
        }
      }
    }
    return directory?.borrowed
  }

  /// Whether an error says that a path leads to nothing in the tree.
  package static func meansAbsent(_ error: Errno) -> Bool {
    error == .noEntry || error == .notDirectory || error == .loop || error == .crossDevice
  }

  /// The facts of a path, with a symlink's target.
  package func facts(_ path: ByteString) throws -> Facts? {
    guard let status = try status(path) else { return nil }
    return Facts(status, target: status.kind == .symlink ? try target(path) : nil)
  }

  /// What a symlink points to.
  package func target(_ path: ByteString) throws -> ByteString {
    do throws(Errno) {
      guard let parent = try parentDirectory(of: path) else { throw .noEntry }
      return try parent.symlinkTarget(path.lastComponent)
    } catch { throw SystemError("read the symlink", path, error) }
  }

  /// Opens a regular file for reading.
  package func open(_ path: ByteString) throws -> OwnedDescriptor {
    do throws(Errno) {
      let opened = try root.open(beneath: path, [.noFollow, .nonBlocking])
      guard try opened.borrowed.status().kind == .regular else { throw .invalid }
      return opened
    } catch { throw SystemError("open", path, error) }
  }

  /// The extended attributes of a path that are a user's own, or a protection of the file.
  package func attributes(_ path: ByteString) throws -> [ByteString: [UInt8]] {
    try attempt("read the extended attributes of", path) { () throws(Errno) in
      let opened = try root.open(beneath: path, [.path, .noFollow])
      return try opened.borrowed.ownAttributes()
    }
  }

  /// The names in a directory, in the order of bytes; none where there is no directory.
  package func names(_ path: ByteString) throws -> [ByteString] {
    do throws(Errno) {
      let opened = try root.open(beneath: path, [.directory, .path])
      return try opened.borrowed.entryNames()
    } catch {
      if Self.meansAbsent(error) { return [] }
      throw SystemError("read the directory", path, error)
    }
  }

  /// Everything below a directory, in the order of paths, but for what `skipping` names.
  package func items(
    below path: ByteString, skipping isSkipped: (ByteString) -> Bool = { _ in false }
  ) throws -> [TreeItem] {
    var found: [TreeItem] = []
    try visit(path, relative: ByteString([]), isSkipped, &found)
    return found
  }

  private func visit(
    _ path: ByteString, relative: ByteString, _ isSkipped: (ByteString) -> Bool,
    _ found: inout [TreeItem]
  ) throws {
    for name in try names(path) {
      let inner = path.appending(name)
      guard !isSkipped(inner), let status = try status(inner) else { continue }
      let target = status.kind == .symlink ? try target(inner) : nil
      let place = relative.appending(name)
      found.append(
        TreeItem(path: place, facts: Facts(status, target: target), inode: status.inode))
      if status.kind == .directory { try visit(inner, relative: place, isSkipped, &found) }
    }
  }
}

extension Descriptor {
  /// The extended attributes of this file that apply carries: users', ACLs and capabilities.
  package func ownAttributes() throws(Errno) -> [ByteString: [UInt8]] {
    var found: [ByteString: [UInt8]] = [:]
    let names: [ByteString]
    do { names = try attributeNames() } catch .notSupported { return [:] } catch .noData {
      return [:]
    } catch .accessDenied {
      // A symlink or special file takes no attributes of a user's own.
      return [:]
    }
    for name in names where name.isCarriedAttribute {
      do { found[name] = try attribute(name) } catch .noData {
        // Removed between the list and the question.
      }
    }
    return found
  }
}

extension ByteString {
  /// Whether an extended attribute of this name belongs to the file, not to the host's policy.
  package var isCarriedAttribute: Bool {
    bytes.starts(with: "user.".utf8) || bytes.starts(with: "system.posix_acl_".utf8)
      || bytes.elementsEqual("security.capability".utf8)
  }
}
