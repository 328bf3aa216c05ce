import Glibc
import Harness
import Linux
import Store
import Testing

/// A session over a project, made without a keeper: with all that a layer must be able to say.
final class LayeredSession {
  let playground: Playground
  let store: SessionStore
  static let time = Timestamp(nanoseconds: 1_600_000_000_123_456_789)

  /// The project as it is on the host.
  static let project = """
    mkdir -p a b/deep/deeper gone-directory/inner old/inner replaced
    echo one > a/one.txt; echo two > a/two.txt; echo gone > gone.txt
    echo x > b/deep/x; echo y > b/deep/deeper/y; ln b/deep/x b/deep/x2
    echo 1 > gone-directory/inner/1; echo 1 > old/inner/1; echo 2 > old/2; echo r > replaced/r
    echo linked > linked1; ln linked1 a/linked2
    printf '#!/bin/sh\\n' > script; chmod 755 script; ln -s a/one.txt symlink
    setfattr -n user.kept -v yes a/two.txt
    find . -exec touch -h -d @1500000000.5 {} +
    """

  /// What the session does, as a shell does it to a copy of the project.
  static let same = """
    echo changed > a/one.txt
    rm gone.txt; rm -r gone-directory
    mv b c; echo more >> c/deep/deeper/y
    rm -r old; mkdir -m 755 old; echo fresh > old/fresh
    rm -r replaced; echo file > replaced
    mkdir -m 700 new; mkfifo -m 644 new/fifo; ln -s ../a new/link; echo h > new/h1; ln new/h1 new/h2
    chmod 4755 new/h1
    mkdir -m 755 new/\(long); echo l > new/\(long)/\(long)
    setfattr -n user.note -v words script; chmod 700 script
    echo changed > linked1
    for d in . a c c/deep c/deep/deeper; do touch -d @1500000000.5 $d; done
    touch -h -d @1600000000.123456789 a/one.txt c/deep/deeper/y old/fresh replaced new/fifo \\
      new/link new/h1 new/\(long)/\(long) new/\(long) script linked1 old new
    """
  static let long = String(repeating: "long-", count: 25)

  init(repository: String = ":") throws {
    playground = try Playground()
    try playground.shell(Self.project + "\n" + repository)
    let lower = try Self.open(playground.project)
    let status = try lower.borrowed.status()
    try Descriptor.currentDirectory.makeDirectory(ByteString(playground.state))
    store = try SessionStore.create(
      in: Self.open(playground.state),
      roots: [
        Root(
          id: 1, path: ByteString(playground.project), role: .project, device: status.device,
          inode: status.inode)
      ])
    _ = store.beginStep(.run, command: ["change"])
    try change()
    try store.checkpoint()
  }

  static func open(_ path: String) throws -> OwnedDescriptor {
    try Descriptor.currentDirectory.open(ByteString(path), [.directory])
  }

  func lower() throws -> OwnedDescriptor { try Self.open(playground.project) }
  func reader() throws -> SessionReader {
    let opened = try Self.open(playground.state)
    return try SessionReader(directory: opened.borrowed)
  }

  private func change() throws {
    try write("changed\n", to: adopt("a/one.txt"))
    for path in ["gone.txt", "gone-directory", "b"] as [ByteString] { try hide(path) }
    let moved = try node("b")
    try name(moved, at: "c")
    let deep = try adopt("c/deep", origin: "b/deep")
    let deeper = try adopt("deeper", in: deep, origin: "b/deep/deeper")
    try write("y\nmore\n", to: adopt("y", in: deeper, origin: "b/deep/deeper/y"))
    let old = try make("old", .directory, 0o755)
    try write("fresh\n", to: make("fresh", in: old))
    try write("file\n", to: make("replaced"))
    try makeNew()
    let script = try adopt("script")
    store.tree.lock.with {
      script.row.flags.remove([.lowerAttributes])
      script.row.flags.remove([.lowerExtendedAttributes])
      script.row.permissions = 0o700
      script.row.modified = Self.time
      script.attributes = ["user.note": Array("words".utf8)]
      store.tree.touchAttributes(script)
    }
    let linked = try adopt("linked1")
    store.tree.lock.with { _ = linked.row.flags.insert(.linked) }
    try write("changed\n", to: linked)
  }

  private func makeNew() throws {
    let new = try make("new", .directory, 0o700)
    _ = try make("fifo", in: new, .fifo)
    let link = try make("link", in: new, .symlink, 0o777)
    link.row.target = "../a"
    let first = try make("h1", in: new, permissions: 0o4755)
    try write("h\n", to: first)
    try name(first, at: "h2", in: new)
    first.row.linkCount = 2
    let folder = try make(ByteString(Self.long), in: new, .directory, 0o755)
    try write("l\n", to: make(ByteString(Self.long), in: folder))
  }

  private func root() throws -> LiveNode { try #require(store.tree.node(NodeID(1))) }

  /// The node of a path of the project, not yet in the tree.
  private func node(_ path: ByteString) throws -> LiveNode {
    let lower = try lower()
    let file = try lower.borrowed.open(beneath: path, [.path, .noFollow])
    let status = try file.borrowed.status()
    return store.tree.lock.with {
      store.tree.makeNode(Node(root: 1, origin: path, status: status, step: store.tree.step))
    }
  }

  private func name(_ node: LiveNode, at name: ByteString, in parent: LiveNode? = nil) throws {
    let parent = try parent ?? root()
    store.tree.lock.with { name.withBuffer { store.tree.setEntry($0, in: parent, to: node) } }
  }

  private func hide(_ name: ByteString) throws {
    let parent = try root()
    store.tree.lock.with { name.withBuffer { store.tree.setEntry($0, in: parent, to: nil) } }
  }

  /// Takes a path into the tree, with the directories above it.
  private func adopt(_ path: ByteString, in parent: LiveNode? = nil, origin: ByteString? = nil)
    throws -> LiveNode
  {
    var directory = try parent ?? root()
    for part in path.parent.components { directory = try child(part, of: directory) }
    if case .node(let known) = path.lastComponent.withBuffer({ store.tree.find($0, in: directory) })
    {
      return known
    }
    let made = try node(origin ?? path)
    try name(made, at: path.lastComponent, in: directory)
    return made
  }

  private func child(_ name: ByteString, of directory: LiveNode) throws -> LiveNode {
    if case .node(let known) = name.withBuffer({ store.tree.find($0, in: directory) }) {
      return known
    }
    return try adopt(name, in: directory, origin: directory.row.origin?.appending(name))
  }

  private func make(
    _ path: ByteString, in parent: LiveNode? = nil, _ kind: FileKind = .regular,
    _ permissions: UInt16 = 0o644
  ) throws -> LiveNode {
    try make(path, in: parent, kind, permissions: permissions)
  }

  private func make(
    _ path: ByteString, in parent: LiveNode? = nil, _ kind: FileKind = .regular,
    permissions: UInt16
  ) throws -> LiveNode {
    var row = Node(
      root: 1, kind: kind, permissions: permissions, owner: getuid(), group: getgid(),
      step: store.tree.step)
    row.modified = Self.time
    let made = store.tree.lock.with { store.tree.makeNode(row) }
    try name(made, at: path, in: parent)
    return made
  }

  private func write(_ text: String, to node: LiveNode) throws {
    let object = try store.newObject()
    try object.file.borrowed.write(Array(text.utf8))
    store.tree.lock.with {
      node.row.object = object.id
      node.row.flags.remove([.lowerContent])
      node.row.flags.remove([.lowerAttributes])
      node.row.size = Int64(text.utf8.count)
      node.row.modified = Self.time
      store.tree.touch(node)
    }
  }

  /// A copy of the project to which a shell did what the session does.
  func expected() throws -> String {
    let copy = playground.path + "/expected"
    try playground.shell("cp -a . '\(copy)'; cd '\(copy)'; \(Self.same)")
    return try listing(of: copy)
  }

  /// Everything about a tree that a layer must give back, as text.
  func listing(of path: String) throws -> String {
    try playground.shell(
      """
      cd '\(path)'
      find . -type d -printf '%P/ %m %U:%G %T@\\n' -o -printf '%P %y %m %U:%G %n %s %T@ %l\\n' | sort
      find . -type f -print0 | sort -z | xargs -0 sha256sum
      getfattr -R -h -d -m user . | sort
      """)
  }
}
