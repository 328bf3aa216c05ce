import CFuse
import Glibc
import Linux

extension FileSystem {
  /// libfuse's table of operations: each hands over the request, its reply and borrowed bytes.
  static func operations() -> fuse_lowlevel_ops {
    var table = fuse_lowlevel_ops()
    table.`init` = { context, connection in
      guard let context, let connection else { return }
      let system = Unmanaged<FileSystem>.fromOpaque(context).takeUnretainedValue()
      system.negotiate(&connection.pointee)
    }
    addNames(&table)
    addChanges(&table)
    addAttributes(&table)
    addContent(&table)
    addDirectories(&table)
    return table
  }

  private func negotiate(_ connection: inout fuse_conn_info) {
    let cache = options.maximumFileSize == nil ? [FUSE_CAP_WRITEBACK_CACHE] : []
    let wanted =
      cache + [
        FUSE_CAP_ASYNC_READ, FUSE_CAP_PARALLEL_DIROPS,
        FUSE_CAP_READDIRPLUS, FUSE_CAP_NO_OPEN_SUPPORT, FUSE_CAP_NO_OPENDIR_SUPPORT,
        FUSE_CAP_CACHE_SYMLINKS, FUSE_CAP_EXPLICIT_INVAL_DATA, FUSE_CAP_POSIX_ACL,
        FUSE_CAP_DONT_MASK,
      ]
    // Locks stay the kernel's own (PEERS A11): neither POSIX_LOCKS nor FLOCK_LOCKS is asked for.
    connection.want = wanted.reduce(0) { $0 | (UInt32($1) & connection.capable) }
    connection.max_write = UInt32(Worker.largestTransfer)
    connection.max_readahead = UInt32(Worker.largestTransfer)
    connection.max_background = 64
    connection.congestion_threshold = 48
    connection.time_gran = 1
  }

  private static func addNames(_ table: inout fuse_lowlevel_ops) {
    table.lookup = { request, parent, name in
      guard let request, let name else { return }
      FileSystem.of(request).lookup(Reply(request), parent, Name(name))
    }
    table.forget = { request, id, count in
      guard let request else { return }
      FileSystem.of(request).forget(id, count)
      fuse_reply_none(request)
    }
    table.forget_multi = { request, count, forgotten in
      guard let request else { return }
      let system = FileSystem.of(request)
      for index in 0..<count {
        if let one = forgotten?[index] { system.forget(one.ino, one.nlookup) }
      }
      fuse_reply_none(request)
    }
  }

  private static func addChanges(_ table: inout fuse_lowlevel_ops) {
    table.mknod = { request, parent, name, mode, device in
      guard let request, let name else { return }
      FileSystem.of(request).makeNode(Reply(request), parent, Name(name), mode, device)
    }
    table.mkdir = { request, parent, name, mode in
      guard let request, let name else { return }
      FileSystem.of(request).makeNode(Reply(request), parent, Name(name), mode | S_IFDIR, 0)
    }
    table.symlink = { request, target, parent, name in
      guard let request, let name, let target else { return }
      FileSystem.of(request).makeSymlink(
        Reply(request), parent, Name(name), ByteString(cString: target))
    }
    table.link = { request, id, parent, name in
      guard let request, let name else { return }
      FileSystem.of(request).link(Reply(request), id, parent, Name(name))
    }
    table.unlink = { request, parent, name in
      guard let request, let name else { return }
      FileSystem.of(request).remove(Reply(request), parent, Name(name), isDirectory: false)
    }
    table.rmdir = { request, parent, name in
      guard let request, let name else { return }
      FileSystem.of(request).remove(Reply(request), parent, Name(name), isDirectory: true)
    }
    table.rename = { request, parent, name, newParent, newName, flags in
      guard let request, let name, let newName else { return }
      FileSystem.of(request).rename(
        Reply(request), parent, Name(name), newParent, Name(newName),
        RenameFlags(rawValue: flags))
    }
  }

  private static func addAttributes(_ table: inout fuse_lowlevel_ops) {
    table.getattr = { request, id, _ in
      guard let request else { return }
      FileSystem.of(request).getAttributes(Reply(request), id)
    }
    table.setattr = { request, id, values, which, _ in
      guard let request, let values else { return }
      FileSystem.of(request).setAttributes(
        Reply(request), id, values.pointee, AttributeChange(rawValue: which))
    }
    table.readlink = { request, id in
      guard let request else { return }
      FileSystem.of(request).readSymlink(Reply(request), id)
    }
    table.statfs = { request, _ in
      guard let request else { return }
      FileSystem.of(request).getStatistics(Reply(request))
    }
    table.getxattr = { request, id, name, size in
      guard let request, let name else { return }
      FileSystem.of(request).getExtended(Reply(request), id, ByteString(cString: name), size)
    }
    table.listxattr = { request, id, size in
      guard let request else { return }
      FileSystem.of(request).listExtended(Reply(request), id, size)
    }
    table.setxattr = { request, id, name, value, size, flags in
      guard let request, let name else { return }
      let bytes = [UInt8](UnsafeRawBufferPointer(start: value, count: size))
      FileSystem.of(request).setExtended(
        Reply(request), id, ByteString(cString: name), bytes, flags)
    }
    table.removexattr = { request, id, name in
      guard let request, let name else { return }
      FileSystem.of(request).removeExtended(Reply(request), id, ByteString(cString: name))
    }
  }

  private static func addContent(_ table: inout fuse_lowlevel_ops) {
    // ENOSYS once, and the kernel never again sends OPEN, CREATE, RELEASE or FLUSH.
    table.open = { request, _, _ in fuse_reply_err(request, ENOSYS) }
    table.create = { request, _, _, _, _ in fuse_reply_err(request, ENOSYS) }
    table.flush = { request, _, _ in fuse_reply_err(request, ENOSYS) }
    table.read = { request, id, size, offset, _ in
      guard let request else { return }
      FileSystem.of(request).read(Reply(request), id, size, Int64(offset))
    }
    table.write = { request, id, bytes, size, offset, _ in
      guard let request else { return }
      let buffer = UnsafeRawBufferPointer(start: bytes, count: size)
      FileSystem.of(request).write(Reply(request), id, buffer, Int64(offset))
    }
    table.fsync = { request, id, dataOnly, _ in
      guard let request else { return }
      FileSystem.of(request).synchronize(Reply(request), id, dataOnly: dataOnly != 0)
    }
    table.fallocate = { request, id, mode, offset, length, _ in
      guard let request else { return }
      FileSystem.of(request).allocate(Reply(request), id, mode, Int64(offset), Int64(length))
    }
    table.copy_file_range = { request, source, start, _, target, offset, _, count, _ in
      guard let request else { return }
      FileSystem.of(request).copy(
        Reply(request), from: source, at: Int64(start), to: target, at: Int64(offset), count)
    }
    table.lseek = { request, id, offset, whence, _ in
      guard let request else { return }
      FileSystem.of(request).seek(request, id, Int64(offset), whence)
    }
  }

  private static func addDirectories(_ table: inout fuse_lowlevel_ops) {
    table.opendir = { request, _, _ in fuse_reply_err(request, ENOSYS) }
    table.readdir = { request, id, size, offset, _ in
      guard let request else { return }
      FileSystem.of(request).list(Reply(request), id, size, Int64(offset), withAttributes: false)
    }
    table.readdirplus = { request, id, size, offset, _ in
      guard let request else { return }
      FileSystem.of(request).list(Reply(request), id, size, Int64(offset), withAttributes: true)
    }
    table.fsyncdir = { request, id, _, _ in
      guard let request else { return }
      FileSystem.of(request).synchronizeDirectory(Reply(request), id)
    }
  }
}

/// A name as the kernel sent it: borrowed for the request, with a NUL behind it.
struct Name {
  let cString: UnsafePointer<CChar>
  let bytes: UnsafeBufferPointer<UInt8>

  init(_ cString: UnsafePointer<CChar>) {
    self.cString = cString
    let start = UnsafeRawPointer(cString).assumingMemoryBound(to: UInt8.self)
    bytes = UnsafeBufferPointer(start: start, count: strlen(cString))
  }
}

/// Which attributes a request sets.
struct AttributeChange: OptionSet {
  let rawValue: Int32

  static let mode = AttributeChange(rawValue: FUSE_SET_ATTR_MODE)
  static let owner = AttributeChange(rawValue: FUSE_SET_ATTR_UID)
  static let group = AttributeChange(rawValue: FUSE_SET_ATTR_GID)
  static let size = AttributeChange(rawValue: FUSE_SET_ATTR_SIZE)
  static let accessed = AttributeChange(rawValue: FUSE_SET_ATTR_ATIME)
  static let modified = AttributeChange(rawValue: FUSE_SET_ATTR_MTIME)
  static let accessedNow = AttributeChange(rawValue: FUSE_SET_ATTR_ATIME_NOW)
  static let modifiedNow = AttributeChange(rawValue: FUSE_SET_ATTR_MTIME_NOW)
  static let changed = AttributeChange(rawValue: FUSE_SET_ATTR_CTIME)
  static let killPrivileges = AttributeChange(rawValue: FUSE_SET_ATTR_KILL_SUID)
}
