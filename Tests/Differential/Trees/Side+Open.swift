import CDifferential
import CLinux
import Glibc
import Linux

extension Side {
  func runOnOpen(_ operation: Operation) throws(Errno) -> String? {
    switch operation {
    case .open(let slot, let path, let flags, let mode):
      // Never waits for the other end of a FIFO.
      let opened = try root.borrowed.open(
        path.bytes, OpenFlags(rawValue: flags.rawValue | O_NONBLOCK), mode: mode)
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
    case .truncateOpen(let slot, let size): try descriptor(slot).truncate(to: size)
    default: return nil
    }
    return ""
  }
}
