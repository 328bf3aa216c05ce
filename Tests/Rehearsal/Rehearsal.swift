import Glibc
import Harness
import Linux
import Store

/// A project, a session over it that is filled by hand as the overlay fills it, and a plain copy of
/// the project on which the same is done: what the session shows, by construction.
package final class Rehearsal {
  package let place: Playground
  /// The plain copy.
  package let twin: String
  package let sessionPath: String
  package let root: Root
  private let held: OwnedDescriptor
  /// The project, open.
  package var lower: Descriptor { held.borrowed }
  package var store: SessionStore?
  /// Where a node is, once the session knows the place.
  private var linkedNodes: [String: NodeID] = [:]

  /// A project made by a shell script, and an empty session, which is in the playground's state
  /// directory where it has a name.
  package convenience init(_ script: String, named name: String? = nil) throws {
    try self.init(named: name) { try $0.shell("umask 022; \(script)\ntrue") }
  }

  /// A project that somebody fills, and an empty session.
  package init(named name: String?, _ fill: (Playground) throws -> Void) throws {
    place = try Playground()
    twin = place.path + "/twin"
    sessionPath = name.map { [place] in "\(place.state)/sessions/\($0)" } ?? place.path + "/session"
    try fill(place)
    try place.shell(
      "cp -a . '\(twin)'; umask 077; mkdir -p '\(sessionPath)'; ln -s \"$PWD\" '\(sessionPath)/project'"
    )
    held = try Descriptor.currentDirectory.open(ByteString(place.project), [.directory])
    let status = try held.borrowed.status()
    root = Root(
      id: 1, path: ByteString(place.project), role: .project, device: status.device,
      inode: status.inode)
    let directory = try Descriptor.currentDirectory.open(ByteString(sessionPath), [.directory])
    let made = try SessionStore.create(in: directory, roots: [root])
    _ = made.beginStep(.run)
    store = made
  }

  /// The session's directory, opened.
  package func directory() throws -> OwnedDescriptor {
    try Descriptor.currentDirectory.open(ByteString(sessionPath), [.directory])
  }

  /// The project, opened.
  package func project() throws -> OwnedDescriptor {
    try Descriptor.currentDirectory.open(ByteString(place.project), [.directory])
  }

  /// A reading of the session.
  package func reader() throws -> SessionReader {
    try store?.flush(durable: false)
    let opened = try directory()
    return try SessionReader(directory: opened.borrowed)
  }

  /// Lets go of the session, as a process that ends.
  package func close() { store = nil }

  /// Opens the session again, as another process does.
  ///
  /// A child that another test starts holds the lock until its exec: then it is free.
  package func reopen() throws -> SessionStore {
    store = nil
    let end = Timestamp.now.nanoseconds + 10_000_000_000
    while true {
      do {
        let opened = try SessionStore.open(directory())
        store = opened
        return opened
      } catch {
        guard (error as? StoreError)?.errno == .busy, Timestamp.now.nanoseconds < end else {
          throw error
        }
        sched_yield()
      }
    }
  }

  /// Everything of a directory as lines, for comparison: kinds, modes, content, targets, links.
  package func listing(_ path: String, withTimes: Bool = false) throws -> String {
    let format = "%P %y %m %l" + (withTimes ? " %T@" : "")
    let script = """
      cd '\(path)'; find . -printf '\(format)\\n' | LC_ALL=C sort
      find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum
      find . -type f -links +1 -printf '%i %P\\n' | LC_ALL=C sort -k2 |
        awk '{ if ($1 in first) print "link", $2, "of", first[$1]; else first[$1] = $2 }'
      """
    return try place.shell(script)
  }

  package var projectListing: String { get throws { try listing(place.project) } }
  package var twinListing: String { get throws { try listing(twin) } }
}

// What the overlay does, in the tree; and the same in the twin.
extension Rehearsal {
  struct Missing: Error { let path: String }

  var tree: Tree {
    get throws {
      guard let store else { throw Missing(path: "store") }
      return store.tree
    }
  }

  private func split(_ path: String) -> (String, ByteString) {
    let bytes = ByteString(path)
    return (bytes.parent.string ?? "", bytes.lastComponent)
  }

  /// The node of a path, anchored where the session does not know it.
  func node(_ path: String) throws -> NodeID {
    if path.isEmpty { return NodeID(1) }
    let (parent, name) = split(path)
    let directory = try node(parent)
    switch try tree.find(name, in: directory) {
    case .node(let node): return node.id
    case .whiteout: throw Missing(path: path)
    case .absent: break
    }
    guard let origin = try origin(name, in: directory) else { throw Missing(path: path) }
    let status = try opened(origin)
    var row = Node(root: 1, origin: origin, status: status, step: try tree.step)
    let isLinked = status.linkCount > 1 && status.kind != .directory
    if isLinked {
      row.flags.insert(.linked)
      if let known = linkedNodes["\(status.inode)"] {
        try tree.setEntry(parent: directory, name: name, node: known)
        return known
      }
    }
    let node = try tree.makeNode(row)
    try tree.setEntry(parent: directory, name: name, node: node.id)
    if isLinked { linkedNodes["\(status.inode)"] = node.id }
    return node.id
  }

  private func origin(_ name: ByteString, in directory: NodeID) throws -> ByteString? {
    guard let row = try tree.row(directory), row.flags.contains(.merged) else { return nil }
    return row.origin?.appending(name)
  }

  private func opened(_ path: ByteString) throws -> FileStatus {
    let opened = try lower.open(beneath: path, [.path, .noFollow])
    return try opened.borrowed.status()
  }

  private func pin(_ path: ByteString, keepsContent: Bool = false) throws {
    let key = PinKey(root: 1, path: path)
    guard try !tree.isPinned(key) else { return }
    let opened = try lower.open(beneath: path, [.path, .noFollow])
    let status = try opened.borrowed.status()
    var pin = Pin(root: 1, path: path, status: status)
    if status.kind == .symlink { pin.target = try opened.borrowed.symlinkTarget("") }
    try tree.setPin(pin)
    if keepsContent, status.kind == .regular, status.size <= 1 << 20 {
      let content = try lower.open(beneath: path, [.noFollow])
      let bytes = try content.borrowed.readAll(limit: 1 << 20)
      pin.hash = SHA256.digest(bytes)
      try tree.setBase(pin, bytes)
    }
  }

  /// Pins and gives the node its own attributes.
  private func changed(_ path: String, content: Bool = false) throws -> Node {
    let id = try node(path)
    guard var row = try tree.row(id) else { throw Missing(path: path) }
    if let origin = row.origin, !origin.isEmpty { try pin(origin, keepsContent: content) }
    if row.flags.contains(.lowerAttributes), let origin = row.origin {
      let status = try opened(origin)
      row.permissions = UInt16(status.permissions)
      (row.owner, row.group) = (status.owner, status.group)
      (row.modified, row.size) = (status.modified, status.size)
      row.flags.remove(.lowerAttributes)
      try tree.update(row)
    }
    return row
  }

  /// The directory's times follow the twin's, where the same happened.
  private func touch(_ directory: String) throws {
    var row = try changedDirectory(directory)
    row.modified = try twinStatus(directory).modified
    try tree.update(row)
  }

  private func changedDirectory(_ path: String) throws -> Node {
    let id = try node(path)
    guard var row = try tree.row(id) else { throw Missing(path: path) }
    if row.flags.contains(.lowerAttributes), let origin = row.origin {
      let status = try opened(origin)
      row.permissions = UInt16(status.permissions)
      (row.owner, row.group) = (status.owner, status.group)
      row.flags.remove(.lowerAttributes)
    }
    return row
  }

  func twinStatus(_ path: String) throws -> FileStatus {
    let opened = try Descriptor.currentDirectory.open(ByteString(twin), [.directory, .path])
    return try path.isEmpty
      ? opened.borrowed.status() : opened.borrowed.status(of: ByteString(path))
  }

  /// Does something to a path of the twin.
  private func inTwin(_ path: String, _ act: (String) -> Int32) throws {
    try check { act("\(twin)/\(path)") }
  }

  private func hiddenLower(_ path: String) throws -> ByteString? {
    let (parent, name) = split(path)
    guard let under = try origin(name, in: node(parent)) else { return nil }
    guard (try? opened(under)) != nil else { return nil }
    return under
  }

  /// Makes a file with content; an existing one is replaced by a new inode.
  package func create(_ path: String, _ content: String, mode: UInt16 = 0o644) throws {
    try create(path, Array(content.utf8), mode: mode)
  }

  package func create(_ path: String, _ content: [UInt8], mode: UInt16 = 0o644) throws {
    try write(content, toTwin: path, flags: [.writeOnly, .create, .exclusive])
    try inTwin(path) { chmod($0, mode_t(mode)) }
    var row = Node(
      root: 1, kind: .regular, permissions: mode, owner: geteuid(), group: getegid(),
      step: try tree.step)
    try fill(&row, content)
    row.modified = try twinStatus(path).modified
    try add(path, row)
  }

  private func write(_ content: [UInt8], toTwin path: String, flags: OpenFlags) throws {
    let top = try Descriptor.currentDirectory.open(ByteString(twin), [.directory, .path])
    let file = try top.borrowed.open(ByteString(path), flags, mode: 0o644)
    try file.borrowed.write(content)
  }

  private func fill(_ row: inout Node, _ content: [UInt8]) throws {
    guard let store else { throw Missing(path: "store") }
    let id = try tree.makeObject()
    let object = try store.files.openObject(id, [.readWrite, .create, .truncate])
    try object.borrowed.write(content)
    row.object = id
    row.objectStep = try tree.step
    row.size = Int64(content.count)
    row.flags.subtract([.lowerContent, .partial])
  }

  private func add(_ path: String, _ row: Node) throws {
    let (parent, name) = split(path)
    let directory = try node(parent)
    let node = try tree.makeNode(row)
    try tree.setEntry(parent: directory, name: name, node: node.id)
    try touch(parent)
  }

  /// Writes a file anew, into the same inode.
  package func write(_ path: String, _ content: String) throws {
    try write(path, Array(content.utf8))
  }

  package func write(_ path: String, _ content: [UInt8]) throws {
    try write(content, toTwin: path, flags: [.writeOnly, .truncate])
    var row = try changed(path, content: true)
    try fill(&row, content)
    row.modified = try twinStatus(path).modified
    try tree.update(row)
  }

  package func makeDirectory(_ path: String, mode: UInt16 = 0o755) throws {
    try inTwin(path) { mkdir($0, 0o700) | chmod($0, mode_t(mode)) }
    var row = Node(
      root: 1, kind: .directory, permissions: mode, owner: geteuid(), group: getegid(),
      step: try tree.step)
    row.modified = try twinStatus(path).modified
    try add(path, row)
  }

  package func makeSymlink(_ path: String, to target: String) throws {
    try inTwin(path) { symlink(target, $0) }
    var row = Node(
      root: 1, kind: .symlink, permissions: 0o777, owner: geteuid(), group: getegid(),
      step: try tree.step)
    row.target = ByteString(target)
    row.modified = try twinStatus(path).modified
    try add(path, row)
  }

  package func makeFIFO(_ path: String) throws {
    try inTwin(path) { mkfifo($0, 0o600) | chmod($0, 0o644) }
    var row = Node(
      root: 1, kind: .fifo, permissions: 0o644, owner: geteuid(), group: getegid(),
      step: try tree.step)
    row.modified = try twinStatus(path).modified
    try add(path, row)
  }

  package func setMode(_ path: String, _ mode: UInt16) throws {
    try inTwin(path) { chmod($0, mode_t(mode)) }
    var row = try changed(path)
    row.permissions = mode
    try tree.update(row)
  }

  package func link(_ old: String, _ new: String) throws {
    try inTwin(new) { Glibc.link("\(twin)/\(old)", $0) }
    _ = try changed(old)
    let id = try node(old)
    let (parent, name) = split(new)
    try tree.setEntry(parent: node(parent), name: name, node: id)
    guard var row = try tree.row(id) else { return }
    row.linkCount += 1
    try tree.update(row)
    try touch(parent)
  }

  /// Removes one name, which is no directory or an empty one.
  package func remove(_ path: String) throws {
    try inTwin(path) { Glibc.remove($0) }
    let under = try hiddenLower(path)
    if let under { try pin(under) }
    let (parent, name) = split(path)
    let directory = try node(parent)
    // A linked file lives on without this name.
    if let under, try opened(under).linkCount > 1, try opened(under).kind != .directory {
      _ = try node(path)
    }
    let found = try tree.find(name, in: directory)
    if under != nil {
      try tree.setEntry(parent: directory, name: name, node: nil)
    } else {
      try tree.removeEntry(parent: directory, name: name)
    }
    if case .node(let node) = found, node.nameCount == 0, !node.row.flags.contains(.linked) {
      try tree.dropNode(node.id)
    }
    try touch(parent)
  }

  /// Removes a directory with everything in it, leaf by leaf as rm does.
  package func removeTree(_ path: String) throws {
    for inner in try twinPaths().reversed() where inner == path || inner.hasPrefix(path + "/") {
      try remove(inner)
    }
  }

  package func rename(_ old: String, _ new: String) throws {
    let isOver = (try? twinStatus(new)) != nil
    try inTwin(new) { Glibc.rename("\(twin)/\(old)", $0) }
    let (source, target) = (try hiddenLower(old), try hiddenLower(new))
    if let source { try pin(source) }
    if let target { try pin(target) }
    let id = try node(old)
    let (oldParent, oldName) = split(old)
    let (newParent, newName) = split(new)
    let from = try node(oldParent)
    let to = try node(newParent)
    var replaced: LiveNode?
    if isOver, case .node(let there) = try tree.find(newName, in: to) { replaced = there }
    if source != nil {
      try tree.setEntry(parent: from, name: oldName, node: nil)
    } else {
      try tree.removeEntry(parent: from, name: oldName)
    }
    try tree.setEntry(parent: to, name: newName, node: id)
    if let replaced, replaced.nameCount == 0, !replaced.row.flags.contains(.linked) {
      try tree.dropNode(replaced.id)
    }
    try touch(oldParent)
    try touch(newParent)
  }
}
