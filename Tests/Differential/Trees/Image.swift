import CDifferential
import CLinux
import Glibc
import Linux

/// All of a tree that two equal trees have alike, and what tells its inodes apart.
struct Image {
  struct Entry {
    /// Kind, mode, owner, links, size, times that were set, attributes, content, target.
    var text: String
    var inode: UInt64 = 0
    var birth: Int64 = 0
    var device: UInt64 = 0
  }

  var entries: [ByteString: Entry] = [:]

  /// Reads a tree; `strictly` adds what only one and the same tree keeps: change times and numbers.
  static func read(_ root: Descriptor, strictly: Bool = false) -> Image {
    var image = Image()
    image.add(root, ".", at: ByteString([]), strictly)
    return image
  }

  private mutating func add(
    _ directory: Descriptor, _ name: ByteString, at path: ByteString, _ strictly: Bool
  ) {
    var entry = Self.describe(directory, name)
    do throws(Errno) {
      let status = try directory.status(of: name)
      if strictly {
        entry.text += " ino=\(status.inode) mtime=\(status.modified.nanoseconds)"
        entry.text += " ctime=\(status.changed.nanoseconds)"
      }
      entries[path] = entry
      if status.kind == .directory { try addChildren(directory, name, at: path, strictly) }
    } catch {
      entries[path, default: entry].text += " \(error)"
    }
  }

  /// One file or directory, without what is below it.
  static func describe(_ directory: Descriptor, _ name: ByteString) -> Entry {
    var entry = Entry(text: "")
    do throws(Errno) {
      let status = try directory.status(of: name)
      entry.text = status.comparable
      (entry.inode, entry.device) = (status.inode, status.device)
      entry.birth = name.withCString { cd_birth(directory.raw, $0) }
      entry.text += try attributes(directory, name)
      if status.kind == .regular { entry.text += content(directory, name) }
      if status.kind == .symlink { entry.text += " -> " + (try target(directory, name)).printable }
    } catch { entry.text += " \(error)" }
    return entry
  }

  static func target(_ directory: Descriptor, _ name: ByteString) throws(Errno) -> ByteString {
    try directory.symlinkTarget(name)
  }

  private mutating func addChildren(
    _ directory: Descriptor, _ name: ByteString, at path: ByteString, _ strictly: Bool
  ) throws(Errno) {
    let opened = try directory.open(name, [.directory, .noFollow])
    for child in try opened.borrowed.entryNames() {
      add(opened.borrowed, child, at: path.appending(child), strictly)
    }
  }

  static func attributes(_ directory: Descriptor, _ name: ByteString) throws(Errno)
    -> String
  {
    let opened = try directory.open(name, [.path, .noFollow])
    var text = ""
    for name in try opened.borrowed.attributeNames().sorted() {
      text += " \(name.printable)=\(fingerprint(try opened.borrowed.attribute(name)))"
    }
    return text
  }

  /// The fingerprint of a file's bytes, or why it can't be read.
  private static func content(_ directory: Descriptor, _ name: ByteString) -> String {
    do throws(Errno) {
      let opened = try directory.open(name, [.noFollow])
      var digest = ContentDigest()
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
      defer { room.deallocate() }
      var at: Int64 = 0
      while true {
        let count = try opened.borrowed.readFully(into: room, at: at)
        digest.add(UnsafeRawBufferPointer(rebasing: room[..<count]))
        at += Int64(count)
        if count < room.count { break }
      }
      return " content=\(digest.text)"
    } catch { return " content: \(error)" }
  }

  /// What differs from another image, in words; nil: nothing.
  func difference(from other: Image, _ ours: String, _ theirs: String) -> String? {
    var lines: [String] = []
    for path in Set(entries.keys).union(other.entries.keys).sorted() {
      let (mine, its) = (entries[path]?.text, other.entries[path]?.text)
      if agree(mine, its) { continue }
      lines.append("  '\(Path(path))'")
      lines.append("    \(ours): \(mine ?? "absent")")
      lines.append("    \(theirs): \(its ?? "absent")")
    }
    return lines.isEmpty ? nil : lines.prefix(30).joined(separator: "\n")
  }
}

/// Whether two descriptions say the same; btrfs counts no links of directories, and says 1.
func agree(_ left: String?, _ right: String?) -> Bool {
  if left == right { return true }
  guard let left, let right, left.hasPrefix("4") else { return false }
  guard left.contains(" links=1 ") || right.contains(" links=1 ") else { return false }
  return withoutLinks(left) == withoutLinks(right)
}

private func withoutLinks(_ text: String) -> [Substring] {
  text.split(separator: " ").filter { !$0.hasPrefix("links=") }
}

/// A fingerprint of a content that is read piece by piece, whatever the pieces.
struct ContentDigest {
  private var hash: UInt64 = 0
  private var count: Int64 = 0
  private var rest: [UInt8] = []

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    count += Int64(bytes.count)
    var bytes = bytes[...]
    if !rest.isEmpty {
      let wanted = min(4096 - rest.count, bytes.count)
      rest += bytes.prefix(wanted)
      bytes = bytes.dropFirst(wanted)
      if rest.count == 4096 { flush() }
    }
    while bytes.count >= 4096 {
      hash = cd_hash(hash, UnsafeRawBufferPointer(rebasing: bytes.prefix(4096)).baseAddress, 4096)
      bytes = bytes.dropFirst(4096)
    }
    rest += bytes
  }

  private mutating func flush() {
    hash = cd_hash(hash, rest, rest.count)
    rest.removeAll(keepingCapacity: true)
  }

  var text: String {
    var last = self
    last.flush()
    return "\(count):\(String(last.hash, radix: 36))"
  }
}

/// Which inode of one tree is which of the other: equal trees have equal relations, all the time.
struct InodeRelation {
  private struct Key: Hashable {
    let inode: UInt64
    let birth: Int64
  }

  private var known: [Key: UInt64] = [:]

  /// What is wrong with the numbers of the overlay, seen beside the plain tree; nil: nothing.
  mutating func check(plain: Image, overlay: Image) -> String? {
    var now: [Key: UInt64] = [:]
    var back: [UInt64: Key] = [:]
    for (path, entry) in plain.entries {
      guard let other = overlay.entries[path] else { continue }
      let key = Key(inode: entry.inode, birth: entry.birth)
      if let before = now[key], before != other.inode {
        return "'\(Path(path))' has inode \(other.inode), another name of it has \(before)"
      }
      if let owner = back[other.inode], owner != key {
        return "'\(Path(path))' shares inode \(other.inode) with another file"
      }
      if let earlier = known[key], earlier != other.inode {
        return "'\(Path(path))' had inode \(earlier), now \(other.inode)"
      }
      now[key] = other.inode
      back[other.inode] = key
    }
    if Set(overlay.entries.values.map(\.device)).count > 1 { return "st_dev is not constant" }
    known = now
    return nil
  }
}
