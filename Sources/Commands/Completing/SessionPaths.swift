import Linux
import Sessions
import Store

/// The paths of a session's view, one directory at a time.
struct SessionPaths {
  private let tree: SavedTree
  private let root: Root
  private let invocation: Invocation
  private let onlyChanged: Bool

  /// The paths of the root that the command line means.
  init(_ invocation: Invocation, onlyChanged: Bool) throws {
    let reader = try invocation.session().read()
    tree = try reader.tree()
    root = try Review.root(invocation.arguments.text("root"), of: reader.roots)
    self.invocation = invocation
    self.onlyChanged = onlyChanged
  }

  /// What the unfinished path may become: the names of the directory it has come to.
  func below(_ prefix: ByteString) throws -> [Completion.Candidate] {
    let end = prefix.bytes.lastIndex(of: slash).map { $0 + 1 } ?? 0
    let written = ByteString(prefix.bytes[..<end])
    let directory = try Selecting.path(written, root.path, invocation)
    return try names(in: directory).sorted { $0.key < $1.key }.compactMap { name, isDirectory in
      // A line of the answer can't hold every name.
      guard name.printable == name.string else { return nil }
      let word = ByteString(written.bytes + name.bytes + (isDirectory ? [slash] : []))
      return Completion.Candidate(word, isOpen: isDirectory)
    }
  }

  private var slash: UInt8 { UInt8(ascii: "/") }

  /// The names in a directory, and which are directories.
  private func names(in directory: ByteString) throws -> [ByteString: Bool] {
    var node: Node? = tree.nodes[root.node]
    var origin: ByteString? = ByteString([])
    for name in directory.components {
      let entry = node.flatMap { tree.children[$0.id]?.first { $0.name == name } }
      if let entry {
        node = entry.node.flatMap { tree.nodes[$0] }
        origin = node.flatMap { $0.flags.contains(.merged) ? $0.origin : nil }
      } else {
        node = nil
        origin = origin?.appending(name)
      }
    }
    var names = onlyChanged ? [:] : untouched(in: origin)
    for entry in node.flatMap({ tree.children[$0.id] }) ?? [] {
      let kind = entry.node.flatMap { tree.nodes[$0] }?.kind
      // What is gone can be reviewed, but no longer be looked at.
      names[entry.name] = kind == nil && !onlyChanged ? nil : kind == .directory
    }
    return names
  }

  /// What the host has in a directory that the view shows; nothing where it can't be read.
  private func untouched(in origin: ByteString?) -> [ByteString: Bool] {
    guard let origin else { return [:] }
    var names: [ByteString: Bool] = [:]
    do throws(Errno) {
      let opened = try Descriptor.currentDirectory.open(root.path.appending(origin), [.directory])
      for name in try opened.borrowed.entryNames() {
        names[name] = try opened.borrowed.status(of: name).kind == .directory
      }
    } catch {
      // Completion never complains: what can't be read is not offered.
    }
    return names
  }
}
