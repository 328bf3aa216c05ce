import CDifferential
import CLinux
import Glibc
import Linux

extension Side {
  func runOnAttributes(_ operation: Operation) throws(Errno) -> String? {
    let top = root.raw
    switch operation {
    case .status(let path): return try root.borrowed.status(of: path.bytes).comparable
    case .truncate(let path, let size):
      if try self.size(path) == size { return "" }
      // truncate(2) takes no directory: the path leads through the root's descriptor.
      let whole = Path(root.borrowed.procPath.appending(path.bytes))
      try at(whole) { Glibc.truncate($0, off_t(size)) }
    case .changeMode(let path, let mode): try at(path) { fchmodat(top, $0, mode, 0) }
    case .changeOwner(let path, let user, let group):
      try at(path) { fchownat(top, $0, user, group, AT_SYMLINK_NOFOLLOW) }
    case .setTimes(let path, let accessed, let modified):
      let times = [accessed.timespec, modified.timespec]
      try at(path) { utimensat(top, $0, times, AT_SYMLINK_NOFOLLOW) }
    case .setAttribute(let path, let name, let count, let seed, let flags):
      let value = pattern(seed, count)
      try attribute(path, name) { Int(lsetxattr($0, $1, value, count, flags)) }
    case .getAttribute(let path, let name, let room):
      var bytes = [UInt8](repeating: 0, count: room)
      let size = try attribute(path, name) { lgetxattr($0, $1, &bytes, room) }
      return "\(size) \(fingerprint(bytes.prefix(size)))"
    case .listAttributes(let path, let room):
      var bytes = [CChar](repeating: 0, count: room)
      let size = try attribute(path, "none") { path, _ in llistxattr(path, &bytes, room) }
      let names = bytes.prefix(size).split(separator: 0).map {
        String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
      return "\(size) \(names.sorted())"
    case .removeAttribute(let path, let name):
      try attribute(path, name) { Int(lremovexattr($0, $1)) }
    default: return nil
    }
    return ""
  }

  @discardableResult
  private func attribute(
    _ path: Path, _ name: Path, _ call: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int
  ) throws(Errno) -> Int {
    let whole = root.borrowed.procPath.appending(path.bytes)
    return try whole.withCString { path throws(Errno) in
      try name.bytes.withCString { name throws(Errno) in try check { call(path, name) } }
    }
  }
}

extension NewTime {
  var timespec: timespec {
    switch self {
    case .omit: Glibc.timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)
    case .now: Glibc.timespec(tv_sec: 0, tv_nsec: (1 << 30) - 1)
    case .at(let seconds, let nanoseconds):
      Glibc.timespec(tv_sec: seconds, tv_nsec: nanoseconds)
    }
  }
}
