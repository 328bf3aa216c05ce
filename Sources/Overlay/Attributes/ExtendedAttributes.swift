import CFuse
import Glibc
import Linux
import Store

extension FileSystem {
  func getExtended(_ reply: consuming Reply, _ id: fuse_ino_t, _ name: ByteString, _ size: Int) {
    do throws(Errno) {
      let slot = try slot(id)
      try Self.requireNamespace(of: name)
      answer(reply, with: try extended(name, of: slot), size)
    } catch { reply.fail(error) }
  }

  func listExtended(_ reply: consuming Reply, _ id: fuse_ino_t, _ size: Int) {
    do throws(Errno) {
      let slot = try slot(id)
      let caller = reply.caller
      let names = try extendedNames(of: slot).filter { Self.isShown($0, to: caller) }
      answer(reply, with: names.flatMap { $0.bytes + [0] }, size)
    } catch { reply.fail(error) }
  }

  /// Size 0 asks for the size; one that is too small gets ERANGE.
  private func answer(_ reply: consuming Reply, with bytes: [UInt8], _ size: Int) {
    if size == 0 {
      reply.send(attributeSize: bytes.count)
    } else if bytes.count > size {
      reply.fail(.outOfRange)
    } else {
      // The array outlives the call; Reply is consumed inside.
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
      defer { room.deallocate() }
      room.copyBytes(from: bytes)
      reply.send(UnsafeRawBufferPointer(rebasing: room[..<bytes.count]))
    }
  }

  /// The session's own attributes of a place, once they are no longer the lower's.
  private func ownExtended(_ slot: Slot) -> [ByteString: [UInt8]]? {
    tree.lock.with {
      guard let node = inodes[slot].pointee.liveNode,
        !node.row.flags.contains(.lowerExtendedAttributes)
      else { return nil }
      return node.attributes ?? [:]
    }
  }

  func extended(_ name: ByteString, of slot: Slot) throws(Errno) -> [UInt8] {
    if slot == top { throw .noData }
    if let own = ownExtended(slot) {
      guard let value = own[name] else { throw .noData }
      return value
    }
    do throws(Errno) {
      let opened = try openLower(slot, [.path, .noFollow])
      return try opened.borrowed.attribute(name)
    } catch .noEntry {
      throw .noData
    }
  }

  private func extendedNames(of slot: Slot) throws(Errno) -> [ByteString] {
    if slot == top { return [] }
    if let own = ownExtended(slot) { return own.keys.sorted() }
    let opened = try openLower(slot, [.path, .noFollow])
    return try opened.borrowed.attributeNames()
  }

  private static let trusted = Array("trusted.".utf8)
  private static let freeSpaces = [Array("user.".utf8), Array("security.".utf8), trusted]

  /// Trusted ones are root's to see; their values and changes are guarded by the kernel itself.
  private static func isShown(_ name: ByteString, to caller: Reply.Caller) -> Bool {
    caller.user == 0 || !name.bytes.starts(with: trusted)
  }

  /// Refuses a name that ext4 does not keep, as ext4 does.
  private static func requireNamespace(of name: ByteString) throws(Errno) {
    if AccessControlList.isName(name) { return }
    guard let space = freeSpaces.first(where: { name.bytes.starts(with: $0) }) else {
      throw .notSupported
    }
    if name.count == space.count { throw .invalid }
  }

  func setExtended(
    _ reply: consuming Reply, _ id: fuse_ino_t, _ name: ByteString, _ value: [UInt8], _ flags: Int32
  ) {
    changing.lockShared()
    defer { changing.unlockShared() }
    do throws(Errno) {
      let slot = try slot(id)
      try store.admit()
      try Self.requireNamespace(of: name)
      if value.count > 65_536 { throw Errno(E2BIG) }
      let node = try nodeWithOwnAttributes(slot)
      try change(node) { attributes throws(Errno) in
        if flags & XATTR_CREATE_FLAG != 0 && attributes[name] != nil { throw .exists }
        if flags & XATTR_REPLACE_FLAG != 0 && attributes[name] == nil { throw .noData }
        attributes[name] = value
      }
      reply.succeed()
    } catch { reply.fail(error) }
  }

  func removeExtended(_ reply: consuming Reply, _ id: fuse_ino_t, _ name: ByteString) {
    changing.lockShared()
    defer { changing.unlockShared() }
    do throws(Errno) {
      let slot = try slot(id)
      try store.admit()
      try Self.requireNamespace(of: name)
      let node = try nodeWithOwnAttributes(slot)
      try change(node) { attributes throws(Errno) in
        // Of an access control list that is not there the kernel's file systems say nothing.
        guard attributes.removeValue(forKey: name) != nil || AccessControlList.isName(name) else {
          throw .noData
        }
      }
      reply.succeed()
    } catch { reply.fail(error) }
  }

  private func change(
    _ node: LiveNode, _ body: (inout [ByteString: [UInt8]]) throws(Errno) -> Void
  ) throws(Errno) {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    var attributes = node.attributes ?? [:]
    try body(&attributes)
    node.attributes = attributes
    node.inheritance = nil
    node.row.changed = .now
    reconcileList(of: node, afterMode: false)
    tree.touchAttributes(node)
  }

  /// The node of a place, with a copy of the lower's attributes as its own.
  func nodeWithOwnAttributes(_ slot: Slot) throws(Errno) -> LiveNode {
    let node = try changedNode(slot)
    guard tree.lock.with({ node.row.flags.contains(.lowerExtendedAttributes) }) else {
      return node
    }
    var copied: [ByteString: [UInt8]] = [:]
    let opened = try openLower(slot, [.path, .noFollow])
    for name in try opened.borrowed.attributeNames() {
      copied[name] = try opened.borrowed.attribute(name)
    }
    tree.lock.lock()
    if node.row.flags.contains(.lowerExtendedAttributes) {
      node.row.flags.remove(.lowerExtendedAttributes)
      node.attributes = copied
      tree.touchAttributes(node)
    }
    tree.lock.unlock()
    return node
  }
}

// XATTR_CREATE and XATTR_REPLACE, enumerators that Swift sees as another type.
private let XATTR_CREATE_FLAG: Int32 = 1
private let XATTR_REPLACE_FLAG: Int32 = 2
