import CFuse
import Glibc
import Linux
import Through

/// What the closures below call by its name: one that says nothing would capture it.
private typealias Live = LiveFileSystem

// libfuse's table by path. A closure in it may capture nothing.
extension LiveFileSystem {
  static func operations() -> fuse_operations {
    var table = fuse_operations()
    table.`init` = { connection, settings in
      // A file is cut by a request of its own, which the log knows, not by the way of an open.
      connection?.pointee.want &= ~UInt32(FUSE_CAP_ATOMIC_O_TRUNC)
      settings?.pointee.use_ino = 1
      settings?.pointee.hard_remove = 1
      settings?.pointee.auto_cache = 1
      settings?.pointee.entry_timeout = 0
      settings?.pointee.attr_timeout = 0
      settings?.pointee.negative_timeout = 0
      return fuse_get_context()?.pointee.private_data
    }
    addMaking(&table)
    addNames(&table)
    addListing(&table)
    addAttributes(&table)
    addExtended(&table)
    addContent(&table)
    return table
  }

  private static func addMaking(_ table: inout fuse_operations) {
    table.mkdir = { path, mode in
      Live.change(path) { tree, path throws(Errno) in
        try tree.makeDirectory(path, mode: mode, by: Live.maker)
      }
    }
    table.mknod = { path, mode, device in
      Live.change(path) { tree, path throws(Errno) in
        try tree.makeNode(path, mode: mode, device: device, by: Live.maker)
      }
    }
    table.symlink = { target, path in
      Live.change(path) { tree, path throws(Errno) in
        guard let target else { throw .invalid }
        try tree.makeSymlink(path, to: ByteString(cString: target), by: Live.maker)
      }
    }
  }

  private static func addNames(_ table: inout fuse_operations) {
    table.link = { path, newPath in
      Live.change(path) { tree, path throws(Errno) in
        guard let newPath else { throw .invalid }
        try tree.link(path, to: Live.relative(newPath))
      }
    }
    table.unlink = { path in
      Live.change(path) { tree, path throws(Errno) in try tree.remove(path, isDirectory: false) }
    }
    table.rmdir = { path in
      Live.change(path) { tree, path throws(Errno) in try tree.remove(path, isDirectory: true) }
    }
    table.rename = { path, newPath, flags in
      Live.change(path) { tree, path throws(Errno) in
        guard let newPath else { throw .invalid }
        let flags = RenameFlags(rawValue: flags)
        guard flags.isSubset(of: [.noReplace, .exchange]) else { throw .invalid }
        try tree.rename(path, to: Live.relative(newPath), flags)
      }
    }
  }

  private static func addListing(_ table: inout fuse_operations) {
    table.readdir = { path, buffer, fill, _, _, _ in
      Live.answer { system throws(Errno) in
        guard let path, let fill else { throw .stale }
        for name in [".", ".."] { _ = fill(buffer, name, nil, 0, fuse_fill_dir_flags(0)) }
        try system.tree.list(Live.relative(path)) { name, inode, kind in
          var shown = stat()
          shown.st_ino = ino_t(inode)
          shown.st_mode = mode_t(kind) << 12
          _ = name.withCString { fill(buffer, $0, &shown, 0, fuse_fill_dir_flags(0)) }
        }
        return 0
      }
    }
    table.statfs = { _, shown in
      Live.answer { system throws(Errno) in
        guard let shown else { throw .invalid }
        try system.tree.statistics(shown)
        return 0
      }
    }
    table.readlink = { path, room, size in
      Live.answer { system throws(Errno) in
        guard let path, let room, size > 0 else { throw .invalid }
        let target = try system.tree.symlinkTarget(Live.relative(path))
        let count = min(target.count, size - 1)
        for index in 0..<count { room[index] = CChar(bitPattern: target.bytes[index]) }
        room[count] = 0
        return 0
      }
    }
  }

  private static func addAttributes(_ table: inout fuse_operations) {
    table.getattr = { path, shown, info in
      Live.answer { system throws(Errno) in
        if let handle = Live.handle(info) {
          shown?.pointee = try handle.file.borrowed.status().raw
        } else {
          guard let path else { throw .stale }
          shown?.pointee = try system.tree.status(Live.relative(path)).raw
        }
        return 0
      }
    }
    table.chmod = { path, mode, _ in
      Live.change(path) { tree, path throws(Errno) in
        try tree.changeAttributes(of: path) { directory, name throws(Errno) in
          try directory.setOwnPermissions(of: name, mode & 0o7777)
        }
      }
    }
    table.chown = { path, owner, group, _ in
      Live.change(path) { tree, path throws(Errno) in
        try tree.changeAttributes(of: path) { directory, name throws(Errno) in
          try directory.setOwner(of: name, owner, group: group)
        }
      }
    }
    table.utimens = { path, times, _ in
      Live.change(path) { tree, path throws(Errno) in
        guard let times else { throw .invalid }
        try tree.changeAttributes(of: path) { directory, name throws(Errno) in
          try directory.setTimes(of: name, times)
        }
      }
    }
  }

  private static func addExtended(_ table: inout fuse_operations) {
    table.setxattr = { path, name, value, size, flags in
      Live.change(path) { tree, path throws(Errno) in
        guard let name, let value else { throw .invalid }
        try tree.changeAttributes(of: path) { directory, file throws(Errno) in
          try directory.setAttribute(
            ByteString(cString: name), of: file, UnsafeRawBufferPointer(start: value, count: size),
            flags)
        }
      }
    }
    table.removexattr = { path, name in
      Live.change(path) { tree, path throws(Errno) in
        guard let name else { throw .invalid }
        try tree.changeAttributes(of: path) { directory, file throws(Errno) in
          let opened = try directory.open(file, [.path, .noFollow])
          try opened.borrowed.removeAttribute(ByteString(cString: name))
        }
      }
    }
    table.getxattr = { path, name, room, size in
      Live.give(room, size) { system throws(Errno) in
        guard let path, let name else { throw .stale }
        return try system.tree.attribute(ByteString(cString: name), of: Live.relative(path))
      }
    }
    table.listxattr = { path, room, size in
      Live.give(room, size) { system throws(Errno) in
        guard let path else { throw .stale }
        return try system.tree.attributeNames(of: Live.relative(path)).flatMap { $0.bytes + [0] }
      }
    }
  }

  /// Answers with bytes, or with how many they are where no room was given.
  static func give(
    _ room: UnsafeMutablePointer<CChar>?, _ size: Int,
    _ body: (LiveFileSystem) throws(Errno) -> [UInt8]
  ) -> Int32 {
    Live.answer { system throws(Errno) in
      let bytes = try body(system)
      guard size > 0, let room else { return bytes.count }
      guard bytes.count <= size else { throw .outOfRange }
      UnsafeMutableRawPointer(room).copyMemory(from: bytes, byteCount: bytes.count)
      return bytes.count
    }
  }
}
