import CLinux
import Linux

/// One call to the file system with all its arguments, to be made on both trees alike.
package indirect enum Operation: Sendable {
  // Names.
  case makeDirectory(Path, mode: UInt32)
  case makeNode(Path, kind: FileKind, mode: UInt32)
  case symlink(to: Path, at: Path)
  case link(Path, to: Path)
  case unlink(Path)
  case removeDirectory(Path)
  case rename(Path, to: Path, RenameFlags)
  case list(Path)
  /// Reads a directory in pieces, with something else done after the first.
  case listWhile(Path, [Operation])
  case readSymlink(Path)
  // Open files, by the number of a slot.
  case open(Int, Path, Flags, mode: UInt32)
  case openTemporary(Int, in: Path, mode: UInt32)
  case linkOpen(Int, to: Path)
  case close(Int)
  case write(Int, at: Int64?, count: Int, seed: UInt64)
  case read(Int, at: Int64, count: Int)
  case truncateOpen(Int, size: Int64)
  case allocate(Int, AllocationMode, at: Int64, count: Int64)
  case seek(Int, at: Int64, hole: Bool)
  case copyRange(from: Int, at: Int64, to: Int, offset: Int64, count: Int)
  case mapWrite(Int, at: Int64, count: Int, seed: UInt64)
  case synchronize(Int, dataOnly: Bool)
  case statusOpen(Int)
  case changeModeOpen(Int, UInt32)
  // Attributes, by path.
  case status(Path)
  case truncate(Path, size: Int64)
  case changeMode(Path, UInt32)
  case changeOwner(Path, user: UInt32, group: UInt32)
  case setTimes(Path, accessed: NewTime, modified: NewTime)
  case setAttribute(Path, Path, count: Int, seed: UInt64, flags: Int32)
  case getAttribute(Path, Path, room: Int)
  case listAttributes(Path, room: Int)
  case removeAttribute(Path, Path)
  // Around the calls.
  case actAs(user: UInt32, group: UInt32)
  case umask(UInt32)
  case compare
  case dropCaches
  case boundary
  case remount
  /// The server is killed, and another one started.
  case kill
  /// An operation that finds the store's disk full.
  case starve(Operation)
}

/// What a time is set to.
package enum NewTime: Sendable {
  case omit
  case now
  case at(seconds: Int, nanoseconds: Int)
}

/// A path or name as bytes, readable in a list of operations.
package struct Path: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  package let bytes: ByteString

  /// A path by its bytes.
  package init(_ bytes: ByteString) { self.bytes = bytes }
  package init(stringLiteral value: StaticString) { bytes = ByteString(stringLiteral: value) }

  package var description: String {
    let text = bytes.printable
    guard text.utf8.count > 60 else { return "'\(text)'" }
    return "'\(text.prefix(24))...(\(bytes.count) bytes) \(fingerprint(bytes.bytes))'"
  }

  /// The path of a name below this one.
  package func appending(_ name: Path) -> Path { Path(bytes.appending(name.bytes)) }
}

/// Flags of open(2), by name.
package struct Flags: OptionSet, Sendable, CustomStringConvertible {
  package let rawValue: Int32
  /// Flags as open(2) numbers them.
  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let readOnly = Flags([])
  package static let writeOnly = Flags(rawValue: O_WRONLY)
  package static let readWrite = Flags(rawValue: O_RDWR)
  package static let create = Flags(rawValue: O_CREAT)
  package static let exclusive = Flags(rawValue: O_EXCL)
  package static let truncate = Flags(rawValue: O_TRUNC)
  package static let append = Flags(rawValue: O_APPEND)
  package static let directory = Flags(rawValue: O_DIRECTORY)
  package static let noFollow = Flags(rawValue: O_NOFOLLOW)
  package static let path = Flags(rawValue: O_PATH)
  package static let synchronous = Flags(rawValue: O_SYNC)

  package var description: String {
    let names: [(Flags, String)] = [
      (.writeOnly, "WRONLY"), (.readWrite, "RDWR"), (.create, "CREAT"), (.exclusive, "EXCL"),
      (.truncate, "TRUNC"), (.append, "APPEND"), (.directory, "DIRECTORY"),
      (.noFollow, "NOFOLLOW"), (.path, "PATH"), (.synchronous, "SYNC"),
    ]
    let found = names.filter { contains($0.0) }.map(\.1)
    return found.isEmpty ? "RDONLY" : found.joined(separator: "|")
  }
}

/// What fallocate(2) does to a range.
package enum AllocationMode: Int32, Sendable {
  case extend = 0
  case keepSize = 1
  case punch = 3
  case zero = 16
  case zeroKeepSize = 17
  case collapse = 8
  case insert = 32
}

extension RenameFlags: CustomStringConvertible {
  package var description: String {
    self == .noReplace ? "NOREPLACE" : self == .exchange ? "EXCHANGE" : "plain"
  }
}

/// What came of an operation: the error number, and everything that was to be seen.
package struct Outcome: Equatable, Sendable, CustomStringConvertible {
  package var failure: Errno?
  package var text: String

  static let done = Outcome(failure: nil, text: "")

  package var description: String {
    guard let failure else { return text.isEmpty ? "done" : text }
    return "\(failure) (errno \(failure.rawValue))"
  }
}
