import CDifferential
import CLinux
import Glibc
import Linux

extension Side {
  func runOnOpen(_ operation: Operation) throws(Errno) -> String? {
    switch operation {
    case .open(let slot, let path, let flags, let mode):
      // Never waits for the other end of a FIFO.
      var flags = OpenFlags(rawValue: flags.rawValue | O_NONBLOCK)
      if flags.contains(.truncate), try size(path) == 0 { flags.remove(.truncate) }
      let opened = try root.borrowed.open(path.bytes, flags, mode: mode)
      setSlot(slot, opened.release())
    case .openTemporary(let slot, let path, let mode):
      let opened = try root.borrowed.open(path.bytes, [.temporary, .readWrite], mode: mode)
      setSlot(slot, opened.release())
    case .linkOpen(let slot, let path):
      let own = try descriptor(slot).procPath
      let top = root.raw
      try own.withCString { own throws(Errno) in
        try at(path) { linkat(AT_FDCWD, own, top, $0, AT_SYMLINK_FOLLOW) }
      }
    case .close(let slot):
      let opened = OwnedDescriptor(owning: try descriptor(slot).raw)
      forget(slot)
      try opened.close()
    case .statusOpen(let slot): return try descriptor(slot).status().comparable
    case .changeModeOpen(let slot, let mode):
      let raw = try descriptor(slot).raw
      try check { fchmod(raw, mode) }
    case .synchronize(let slot, let dataOnly):
      try descriptor(slot).synchronize(dataOnly: dataOnly)
    case .truncateOpen(let slot, let size):
      let file = try descriptor(slot)
      if try file.status().size != size { try file.truncate(to: size) }
    default: return nil
    }
    return ""
  }

  /// The size of the file that a path leads to; nil: there is none.
  ///
  /// With the writeback cache the kernel moves no time when a file is cut to the size it has, so
  /// that is left out (fuse_do_setattr); ext4 moves it.
  func size(_ path: Path) throws(Errno) -> Int64? {
    do throws(Errno) {
      let opened = try root.borrowed.open(path.bytes, [.path])
      let status = try opened.borrowed.status()
      return status.kind == .regular ? status.size : nil
    } catch { return nil }
  }
}
