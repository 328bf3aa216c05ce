import Linux

/// A directory as git has it, read where somebody looks into it and written where it was changed.
final class GitTree {
  /// What a name stands for.
  struct Entry {
    /// As git writes it: "100644", "40000".
    var mode: [UInt8]
    var id: GitID
    var opened: GitTree?

    var isTree: Bool { mode.elementsEqual("40000".utf8) }
    /// A repository inside this one: what is in it is not this one's.
    var isLink: Bool { mode.elementsEqual("160000".utf8) }
  }

  private let objects: GitObjects
  private var entries: [ByteString: Entry]
  private var isChanged = false

  /// An empty tree.
  init(_ objects: GitObjects) {
    self.objects = objects
    entries = [:]
  }

  /// The tree of an id.
  init(_ objects: GitObjects, _ id: GitID) throws(GitError) {
    self.objects = objects
    entries = [:]
    var rest = try objects.read(id, .tree)[...]
    while !rest.isEmpty {
      guard let blank = rest.firstIndex(of: 0x20), let end = rest[blank...].firstIndex(of: 0),
        rest.endIndex - end > 20
      else { throw .damaged("tree \(id.text) can't be parsed") }
      entries[ByteString(rest[(blank + 1)..<end])] = Entry(
        mode: Array(rest[..<blank]), id: GitID(Array(rest[(end + 1)...(end + 20)])))
      rest = rest[(end + 21)...]
    }
  }

  /// What is at a path; nil where nothing is.
  func entry(at path: ArraySlice<ByteString>) throws(GitError) -> Entry? {
    guard let name = path.first, let entry = entries[name] else { return nil }
    if path.count == 1 { return entry }
    return try open(name)?.entry(at: path.dropFirst())
  }

  /// Whether a path is in a repository inside this one.
  func isForeign(_ path: ArraySlice<ByteString>) throws(GitError) -> Bool {
    guard let name = path.first, let entry = entries[name] else { return false }
    if entry.isLink { return true }
    return try open(name)?.isForeign(path.dropFirst()) ?? false
  }

  /// Puts a file at a path, in place of what is there and of files above it.
  func put(_ mode: String, _ id: GitID, at path: ArraySlice<ByteString>) throws(GitError) {
    guard let name = path.first else { return }
    if path.count == 1 {
      if entries[name]?.id == id, entries[name]?.mode == Array(mode.utf8) { return }
      entries[name] = Entry(mode: Array(mode.utf8), id: id)
      isChanged = true
      return
    }
    let below: GitTree
    if let known = try open(name) {
      below = known
    } else {
      below = GitTree(objects)
      entries[name] = Entry(
        mode: Array("40000".utf8), id: GitID([UInt8](repeating: 0, count: 20)), opened: below)
    }
    try below.put(mode, id, at: path.dropFirst())
    isChanged = isChanged || below.isChanged
  }

  /// Takes away what is at a path, with all below it; `keepingIt` only what is below.
  func remove(_ path: ArraySlice<ByteString>, keepingIt: Bool = false) throws(GitError) {
    guard let name = path.first, entries[name] != nil else { return }
    if path.count > 1 {
      guard let below = try open(name) else { return }
      try below.remove(path.dropFirst(), keepingIt: keepingIt)
      isChanged = isChanged || below.isChanged
    } else if !keepingIt || entries[name]?.isTree == true {
      entries[name] = nil
      isChanged = true
    }
  }

  private func open(_ name: ByteString) throws(GitError) -> GitTree? {
    guard let entry = entries[name], entry.isTree else { return nil }
    if let opened = entry.opened { return opened }
    let opened = try GitTree(objects, entry.id)
    entries[name]?.opened = opened
    return opened
  }

  /// Writes what was changed; nil for a tree without any file, which git does not keep.
  func write() throws(GitError) -> GitID? {
    for (name, entry) in entries {
      guard let below = entry.opened, below.isChanged else { continue }
      if let id = try below.write() { entries[name]?.id = id } else { entries[name] = nil }
    }
    if entries.isEmpty { return nil }
    // git sorts a directory as if its name ended with a slash.
    let sorted = entries.sorted { left, right in
      Self.key(left.key, left.value).lexicographicallyPrecedes(Self.key(right.key, right.value))
    }
    var bytes: [UInt8] = []
    for (name, entry) in sorted {
      bytes += entry.mode
      bytes.append(0x20)
      bytes += name.bytes
      bytes.append(0)
      bytes += entry.id.bytes
    }
    return try objects.write(bytes, .tree)
  }

  private static func key(_ name: ByteString, _ entry: Entry) -> [UInt8] {
    entry.isTree ? name.bytes + [UInt8(ascii: "/")] : name.bytes
  }
}
