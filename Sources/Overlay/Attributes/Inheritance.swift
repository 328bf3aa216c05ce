import CFuse
import Linux
import Store

extension FileSystem {
  /// The default list of a directory, which what is made in it inherits.
  func defaultList(of slot: Slot, _ directory: LiveNode) throws(Errno) -> AccessControlList? {
    if let known = tree.lock.with({ directory.inheritance }) {
      return known.isEmpty ? nil : AccessControlList(known)
    }
    var value: [UInt8] = []
    do throws(Errno) {
      value = try extended(AccessControlList.defaultName, of: slot)
    } catch .noData, .notSupported {
      // No list; kept as an empty one, so that the next file need not ask.
    }
    tree.lock.with { directory.inheritance = value }
    return value.isEmpty ? nil : AccessControlList(value)
  }

  /// Gives a new node what it inherits: the default list of its directory, or else the umask.
  func inherit(_ row: inout Node, _ list: AccessControlList?, umask: mode_t)
    -> [ByteString: [UInt8]]
  {
    if row.kind == .symlink { return [:] }
    guard let list else {
      row.permissions &= ~UInt16(truncatingIfNeeded: umask)
      return [:]
    }
    var attributes: [ByteString: [UInt8]] = [:]
    let (own, mode) = list.inherited(mode: row.permissions)
    row.permissions = mode
    if !own.isJustMode { attributes[AccessControlList.accessName] = own.value }
    if row.kind == .directory { attributes[AccessControlList.defaultName] = list.value }
    return attributes
  }

  /// Keeps mode and list one thing when either is set, under the tree's lock.
  func reconcileList(of node: LiveNode, afterMode: Bool) {
    guard let value = node.attributes?[AccessControlList.accessName],
      var list = AccessControlList(value)
    else { return }
    if afterMode {
      list.setMode(node.row.permissions)
      node.attributes?[AccessControlList.accessName] = list.value
    } else {
      node.row.permissions = node.row.permissions & 0o7000 | list.mode
      // A list that says no more than the mode is not kept, as on ext4.
      if list.isJustMode { node.attributes?[AccessControlList.accessName] = nil }
    }
    tree.touchAttributes(node)
  }
}
