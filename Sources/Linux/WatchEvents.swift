import CLinux
import Glibc

/// What the kernel tells of a watched directory.
package enum WatchEvents {
  /// Watches who opens what lies in a directory; answers the descriptor that tells of it.
  ///
  /// The corresponding system calls are `inotify_init1(2)` and `inotify_add_watch(2)`.
  package static func opens(in directory: Descriptor) throws(Errno) -> OwnedDescriptor {
    let raw = try check { inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK)) }
    let watch = OwnedDescriptor(owning: raw)
    _ = try directory.procPath.withCString { path throws(Errno) in
      try check { inotify_add_watch(raw, path, UInt32(IN_OPEN)) }
    }
    return watch
  }

  /// The names in a run of events, as read(2) hands them out; an event without one is passed over.
  package static func names(in events: [UInt8]) -> [ByteString] {
    var names: [ByteString] = []
    let head = MemoryLayout<inotify_event>.size
    var at = 0
    while at + head <= events.count {
      // wd, mask, cookie and len, four bytes each.
      let length = events.withUnsafeBytes {
        Int($0.loadUnaligned(fromByteOffset: at + 12, as: UInt32.self))
      }
      guard at + head + length <= events.count else { break }
      let name = events[at + head..<at + head + length].prefix { $0 != 0 }
      if !name.isEmpty { names.append(ByteString(name)) }
      at += head + length
    }
    return names
  }
}
