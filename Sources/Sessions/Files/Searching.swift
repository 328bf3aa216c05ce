import Glibc
import Linux

/// The requests that walk the view; each has a process of its own, which can be ended.
enum Searching {
  static func glob(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let top = try params.path("path", default: ".")
    let limit = Int(try params.number("limit", default: 1000, in: 1...100_000))
    let offset = Int(try params.number("offset", default: 0, in: 0...Int64(Int32.max)))
    let hidden = try params.flag("hidden")
    let pattern = GlobPattern(try params.path("pattern"), hiddenToo: hidden)
    let directoriesToo = try params.flag("directories")
    var (found, count, isCut): ([JSON], Int, Bool) = ([], 0, false)
    var walk = try FileWalk(top, hiddenToo: hidden)
    while let item = try walk.next() {
      guard directoriesToo || item.kind != .directory, pattern.matches(item.path) else { continue }
      count += 1
      if count <= offset { continue }
      if found.count == limit {
        isCut = true
        break
      }
      found.append(JSON(item.path))
    }
    return ["paths": .array(found), "next": isCut ? .int(Int64(offset + limit)) : .null]
  }

  static func grep(_ params: FileParameters) throws(ProtocolError) -> JSON {
    let top = try params.path("path", default: ".")
    let hidden = try params.flag("hidden")
    var search = try TextSearch(params)
    let status = try onFile("search", top) { () throws(Errno) in
      let file = try Descriptor.currentDirectory.open(top, [.path])
      return try file.borrowed.status()
    }
    if status.kind == .regular {
      search.look(at: top, as: top)
      return search.json
    }
    let wanted = try params.text("glob").map { GlobPattern(ByteString($0), hiddenToo: hidden) }
    var walk = try FileWalk(top, hiddenToo: hidden)
    while !search.isFull, let item = try walk.next() {
      guard item.kind == .regular, wanted?.matches(item.path) ?? true else { continue }
      search.look(at: top.appending(item.path), as: item.path)
    }
    return search.json
  }
}

/// The files below a directory, in the order of their names, never through symlinks.
struct FileWalk {
  struct Item {
    /// Relative to the directory where the walk began.
    let path: ByteString
    let kind: FileKind
  }

  private let top: ByteString
  private let hiddenToo: Bool
  /// What is still to be visited, the next one last.
  private var ahead: [Item]

  init(_ top: ByteString, hiddenToo: Bool) throws(ProtocolError) {
    self.top = top
    self.hiddenToo = hiddenToo
    ahead = []
    ahead = try onFile("list", top) { () throws(Errno) in try entries(of: "") }
  }

  /// The next file; directories come before what is in them.
  mutating func next() throws(ProtocolError) -> Item? {
    guard let item = ahead.popLast() else { return nil }
    if item.kind == .directory {
      // A directory that went, or that may not be read, holds nothing for us.
      ahead += (try? entries(of: item.path)) ?? []
    }
    return item
  }

  private func entries(of path: ByteString) throws(Errno) -> [Item] {
    let whole = path.isEmpty ? top : top.appending(path)
    let directory = try Descriptor.currentDirectory.open(whole, [.directory])
    var items: [Item] = []
    try directory.borrowed.forEachEntry { name, _, kind throws(Errno) in
      let name = ByteString(name)
      if name == ".git" || (!hiddenToo && name.bytes.first == UInt8(ascii: ".")) { return }
      items.append(Item(path: path.appending(name), kind: FileKind(entryKind: kind)))
    }
    return items.sorted { $1.path < $0.path }
  }
}

extension FileKind {
  /// The kind that DT_* numbers mean: the type bits of a mode, shifted.
  fileprivate init(entryKind: UInt8) { self.init(mode: mode_t(entryKind) << 12) }
}
