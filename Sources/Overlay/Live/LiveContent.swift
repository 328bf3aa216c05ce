import CFuse
import Glibc
import Linux
import Through

/// What the closures below call by its name: one that says nothing would capture it.
private typealias Live = LiveFileSystem

// Open files: libfuse carries the handle from the open to the release.
extension LiveFileSystem {
  static func handle(_ info: UnsafeMutablePointer<fuse_file_info>?) -> LiveHandle? {
    guard let number = info?.pointee.fh, number != 0,
      let pointer = UnsafeRawPointer(bitPattern: UInt(number))
    else { return nil }
    return Unmanaged<LiveHandle>.fromOpaque(pointer).takeUnretainedValue()
  }

  static func give(
    _ handle: LiveHandle, to info: UnsafeMutablePointer<fuse_file_info>?
  ) {
    info?.pointee.fh = UInt64(UInt(bitPattern: Unmanaged.passRetained(handle).toOpaque()))
  }

  /// How the real file is opened: the kernel asks to read what it writes a part of, knows the end
  /// for O_APPEND itself, and must not be followed out of the directory.
  static func flags(_ info: UnsafeMutablePointer<fuse_file_info>?) -> OpenFlags {
    let asked = info?.pointee.flags ?? 0
    let kept = asked & ~(O_APPEND | O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW | O_DIRECT)
    return OpenFlags(rawValue: kept).union(.nonBlocking)
  }

  static func addContent(_ table: inout fuse_operations) {
    addOpening(&table)
    addPlaces(&table)
    addSynchronizing(&table)
    table.read = { path, room, size, offset, info in
      Live.answer { system throws(Errno) in
        guard let handle = Live.handle(info) else { throw .badDescriptor }
        return try handle.file.borrowed.readFully(
          into: UnsafeMutableRawBufferPointer(start: room, count: size), at: Int64(offset))
      }
    }
    table.write = { path, bytes, size, offset, info in
      Live.answer { system throws(Errno) in
        guard let handle = Live.handle(info) else { throw .badDescriptor }
        try system.tree.write(
          UnsafeRawBufferPointer(start: bytes, count: size), at: Int64(offset), handle,
          path.map(Live.relative))
        return size
      }
    }
    table.truncate = { path, size, info in
      Live.answer { system throws(Errno) in
        try system.tree.truncate(path.map(Live.relative), to: Int64(size), Live.handle(info))
        return 0
      }
    }
  }

  /// What room a file has, and where it has content.
  private static func addPlaces(_ table: inout fuse_operations) {
    table.fallocate = { path, mode, offset, count, info in
      Live.answer { system throws(Errno) in
        guard let handle = Live.handle(info) else { throw .badDescriptor }
        try system.tree.allocate(
          mode: mode, at: Int64(offset), count: Int64(count), handle, path.map(Live.relative))
        return 0
      }
    }
    table.lseek = { path, offset, whence, info in
      guard let handle = Live.handle(info) else { return off_t(-EBADF) }
      do throws(Errno) {
        return off_t(try handle.file.borrowed.seek(Int64(offset), whence: whence))
      } catch { return off_t(-error.rawValue) }
    }
  }

  private static func addSynchronizing(_ table: inout fuse_operations) {
    table.fsync = { path, dataOnly, info in
      Live.answer { system throws(Errno) in
        guard let handle = Live.handle(info) else { throw .badDescriptor }
        try handle.file.borrowed.synchronize(dataOnly: dataOnly != 0)
        return 0
      }
    }
    table.fsyncdir = { path, _, _ in
      Live.answer { system throws(Errno) in
        guard let path else { throw .stale }
        try system.tree.synchronizeDirectory(Live.relative(path))
        return 0
      }
    }
  }

  private static func addOpening(_ table: inout fuse_operations) {
    table.open = { path, info in
      Live.answer { system throws(Errno) in
        guard let path else { throw .stale }
        Live.give(try system.tree.open(Live.relative(path), Live.flags(info)), to: info)
        return 0
      }
    }
    table.create = { path, mode, info in
      Live.answer { system throws(Errno) in
        guard let path else { throw .stale }
        let place = Live.relative(path)
        do throws(Errno) {
          Live.give(
            try system.tree.create(place, Live.flags(info), mode: mode, by: Live.maker), to: info)
        } catch .exists {
          // Somebody else was faster, on the other side.
          Live.give(try system.tree.open(place, Live.flags(info)), to: info)
        }
        return 0
      }
    }
    table.release = { _, info in
      Live.answer { system throws(Errno) in
        guard let number = info?.pointee.fh,
          let pointer = UnsafeRawPointer(bitPattern: UInt(number))
        else { return 0 }
        let handle = Unmanaged<LiveHandle>.fromOpaque(pointer).takeRetainedValue()
        system.tree.close(handle)
        return 0
      }
    }
  }
}
