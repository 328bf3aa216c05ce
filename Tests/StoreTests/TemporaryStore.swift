import Glibc
import Linux
import Store

/// A session's directory for one test, removed with everything in it.
final class TemporaryStore {
  let path: ByteString

  init() throws {
    var template = Array("/var/tmp/cowbox-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno.last }
    path = ByteString(cString: template)
  }

  deinit {
    // What a test left behind is removed as far as it can be.
    _ = try? Self.remove(path)
  }

  var root: Root {
    Root(id: 1, path: "/project", role: .project, device: 7, inode: 9)
  }

  func directory() throws -> OwnedDescriptor {
    try Descriptor.currentDirectory.open(path, [.directory])
  }

  func create() throws -> SessionStore { try SessionStore.create(in: directory(), roots: [root]) }
  func open() throws -> SessionStore { try SessionStore.open(directory()) }

  func reader() throws -> SessionReader {
    let opened = try directory()
    return try SessionReader(directory: opened.borrowed)
  }

  private static func remove(_ path: ByteString) throws {
    let opened = try Descriptor.currentDirectory.open(path, [.directory])
    for name in try opened.borrowed.entryNames() {
      let isDirectory = try opened.borrowed.status(of: name).kind == .directory
      if isDirectory {
        try remove(path.appending(name))
      } else {
        try opened.borrowed.remove(name)
      }
    }
    try Descriptor.currentDirectory.remove(path, isDirectory: true)
  }
}

extension SessionStore {
  /// Makes a file in a directory, as the overlay does.
  func make(_ name: ByteString, in parent: NodeID = NodeID(1), kind: FileKind = .regular) throws
    -> LiveNode
  {
    try tree.lock.with {
      guard let directory = tree.node(parent) else { throw Errno.noEntry }
      let node = tree.makeNode(
        Node(root: 1, kind: kind, permissions: 0o644, owner: 0, group: 0, step: tree.step))
      name.withBuffer { tree.setEntry($0, in: directory, to: node) }
      return node
    }
  }

  func names(of parent: NodeID = NodeID(1)) -> [ByteString] {
    tree.lock.with { tree.children(of: parent).map(\.name) }
  }
}
