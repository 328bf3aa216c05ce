import CFuse
import Linux
import Store

// With the writeback cache the kernel has made a file longer before it asks for the write, and
// believes no other size of an inode that it knows, also where the write is refused. So its pages
// are dropped at once, and its names are taken back until it has forgotten the inode, which it does
// when nobody has it open. Another number for the file would be another file to the kernel, with
// pages and locks of its own beside those of who has it open.
extension FileSystem {
  /// Has the kernel forget what it believes of a place, once nobody has it open.
  func doubt(_ slot: Slot) {
    // Without that cache the kernel has made nothing longer.
    guard options.maximumFileSize == nil else { return }
    // A file that the session has not changed yet gets a node, by which its names are found. Where
    // it can have none the host has taken it away, and nobody finds it by its name.
    _ = try? anchor(slot)
    tree.lock.lock()
    let names = doubtedNames(slot)
    tree.lock.unlock()
    notices.tell(.inode(slot))
    for (parent, name) in names { notices.tell(.forgottenName(name, in: parent)) }
  }

  /// Marks a place; answers the names that lead to it, under the tree's lock.
  private func doubtedNames(_ slot: Slot) -> [(Slot, ByteString)] {
    guard let node = inodes[slot].pointee.liveNode, node.slot == slot,
      !inodes[slot].pointee.flags.contains(.doubted)
    else { return [] }
    inodes[slot].pointee.flags.insert(.doubted)
    var names: [(Slot, ByteString)] = []
    for directory in tree.nodes.values where directory.slot != 0 {
      let parent = directory.slot
      tree.forEachEntry(of: directory) { name, child in
        if child === node { names.append((parent, name)) }
      }
    }
    return names
  }

  /// Has a name of a doubted place taken back once more, where the kernel has asked for it.
  func takeBack(_ name: Name, in parent: Slot) {
    notices.tell(.forgottenName(ByteString(name.bytes), in: parent))
  }
}
