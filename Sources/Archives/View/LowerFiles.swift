import Linux

/// A root as it is on the host, looked at beneath its descriptor.
final class LowerFiles {
  let root: Descriptor

  init(_ root: Descriptor) { self.root = root }

  /// What is at a path; nil where nothing is.
  func status(_ path: ByteString) throws -> FileStatus? {
    do throws(Errno) {
      let opened = try root.open(beneath: path, [.path, .noFollow], resolve: .leaf)
      return try opened.borrowed.status()
    } catch {
      switch error {
      case .noEntry, .notDirectory, .loop, .crossDevice: return nil
      default: throw SystemError("look at", path, error)
      }
    }
  }

  func target(_ path: ByteString) throws -> ByteString {
    try attempt("read the symlink", path) { () throws(Errno) in
      let opened = try root.open(beneath: path, [.path, .noFollow], resolve: .leaf)
      return try opened.borrowed.symlinkTarget("")
    }
  }

  /// Opens a regular file; nothing else is ever opened, so nothing blocks.
  func open(_ path: ByteString) throws -> OwnedDescriptor {
    try attempt("open", path) { () throws(Errno) in
      let opened = try root.open(beneath: path, [.noFollow, .nonBlocking])
      guard try opened.borrowed.status().kind == .regular else { throw .invalid }
      return opened
    }
  }

  func names(_ path: ByteString) throws -> [ByteString] {
    do throws(Errno) {
      let opened = try root.open(beneath: path, [.directory, .path])
      return try opened.borrowed.entryNames()
    } catch {
      switch error {
      case .noEntry, .notDirectory, .loop, .crossDevice: return []
      default: throw SystemError("read the directory", path, error)
      }
    }
  }

  /// Every path below a directory.
  func pathsBelow(_ directory: ByteString) throws -> [ByteString] {
    var found: [ByteString] = []
    for name in try names(directory) {
      let path = directory.appending(name)
      found.append(path)
      if try status(path)?.kind == .directory { found += try pathsBelow(path) }
    }
    return found
  }

  /// The extended attributes that belong to the file rather than to the host's policy.
  func attributes(_ path: ByteString) throws -> [ByteString: [UInt8]] {
    try attempt("read the extended attributes of", path) { () throws(Errno) in
      let opened = try root.open(beneath: path, [.path, .noFollow], resolve: .leaf)
      var found: [ByteString: [UInt8]] = [:]
      do throws(Errno) {
        for name in try opened.borrowed.attributeNames() where name.isPortableAttribute {
          found[name] = try opened.borrowed.attribute(name)
        }
      } catch {
        switch error {
        // No attributes here, or one that went away; a symlink in /proc gives EACCES for its own.
        case .notSupported, .noData, .accessDenied: break
        default: throw error
        }
      }
      return found
    }
  }
}

extension Resolve {
  /// No symlink may be followed, but the last part may be one: it is opened itself.
  fileprivate static let leaf: Resolve = .strict
}

extension ByteString {
  /// Whether an extended attribute of this name means the same on another host.
  var isPortableAttribute: Bool {
    bytes.starts(with: "user.".utf8) || bytes.starts(with: "system.posix_acl_".utf8)
      || bytes.elementsEqual("security.capability".utf8)
  }
}
