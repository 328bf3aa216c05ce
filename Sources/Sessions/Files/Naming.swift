import CLinux
import Glibc
import Linux

/// The requests that change names and attributes in the view.
enum Naming {
  static func remove(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let path = try params.path()
    let isRecursive = try params.flag("recursive")
    let here = Descriptor.currentDirectory
    let hint = { $0 == Errno.notEmpty ? "'recursive' removes a full directory" : nil }
    try onFile("remove", path, hint: hint) { () throws(Errno) in
      guard try here.status(of: path).kind == .directory else { return try here.remove(path) }
      if isRecursive { return try here.removeTree(path) }
      try here.remove(path, isDirectory: true)
    }
    return [:]
  }

  static func rename(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let (from, to) = (try params.path("from"), try params.path("to"))
    let replaces = try params.flag("replace", default: true)
    let here = Descriptor.currentDirectory
    try onFile("rename", from, to: to) { () throws(Errno) in
      try here.rename(from, to: here, to, replaces ? [] : .noReplace)
    }
    return [:]
  }

  static func makeDirectory(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let path = try params.path()
    if try params.flag("parents") {
      try makeAll(path)
    } else {
      try onFile("make directory", path) { () throws(Errno) in
        try Descriptor.currentDirectory.makeDirectory(path, mode: 0o777)
      }
    }
    return [:]
  }

  /// Makes a directory and those above it, as far as they are missing.
  static func makeAll(_ path: ByteString) throws(ProtocolError) {
    var made: ByteString = path.bytes.first == UInt8(ascii: "/") ? "/" : ""
    for part in path.components {
      made = made.appending(part)
      try onFile("make directory", made) { () throws(Errno) in
        do throws(Errno) { try Descriptor.currentDirectory.makeDirectory(made, mode: 0o777) } catch
        {
          // One that can't be made because nothing may be written there may be there already.
          let status = try? Descriptor.currentDirectory.open(made, [.path, .directory])
          if status == nil { throw error == .exists ? .notDirectory : error }
        }
      }
    }
  }

  static func makeSymlink(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let (path, target) = (try params.path(), try params.path("target"))
    try onFile("make symlink", path) { () throws(Errno) in
      try Descriptor.currentDirectory.makeSymlink(path, to: target)
    }
    return [:]
  }

  static func setPermissions(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let path = try params.path()
    let permissions = try params.number("permissions", default: -1, in: 0...0o7777)
    try onFile("change the permissions of", path) { () throws(Errno) in
      try Descriptor.currentDirectory.setPermissions(of: path, mode_t(permissions))
    }
    return [:]
  }
}
