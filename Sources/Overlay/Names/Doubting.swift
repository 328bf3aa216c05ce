import CFuse
import Linux
import Store

// With the writeback cache the kernel has made a file longer before it asks for the write, and
// believes no other size of an inode that it knows, also where the write is refused. Then it is
// given another number for the same place at the next lookup, and so asks anew. Who has the file
// open goes on with the number that it has, and what changes by that is doubted again.
extension FileSystem {
  /// Lets the next lookup of a place have another number; what the kernel cached of it is dropped.
  func doubt(_ slot: Slot) {
    // Without that cache the kernel has made nothing longer.
    guard options.maximumFileSize == nil else { return }
    // A file that the session has not changed yet gets a node, for the number to be another name of.
    // Where it can have none the host has taken it away, and nobody finds it by its name.
    _ = try? anchor(slot)
    tree.lock.lock()
    let names = doubtedNames(slot)
    tree.lock.unlock()
    for (parent, name) in names { notices.tell(.name(name, in: parent)) }
    notices.tell(.inode(slot))
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

  /// The number by which the kernel is told of a place from now on, under the tree's lock.
  func shownNumber(of slot: Slot) -> Slot {
    let isDoubted = inodes[slot].pointee.flags.contains(.doubted)
    if !isDoubted { return aliases[slot]?.last ?? slot }
    inodes[slot].pointee.flags.remove(.doubted)
    let alias = inodes.allocate()
    inodes[alias].pointee.flags.insert(.alias)
    inodes[alias].pointee.kind = inodes[slot].pointee.kind
    inodes[alias].pointee.root = inodes[slot].pointee.root
    inodes[alias].pointee.parent = slot
    inodes[slot].pointee.holds += 1
    aliases[slot, default: []].append(alias)
    return alias
  }

  /// Whether the kernel knows a place by several numbers, under the tree's lock: a change that it
  /// makes by one is news to it by the others, and no name may be believed.
  func isKnownTwice(_ slot: Slot) -> Bool {
    guard inodes[slot].pointee.holds > 0, let aliases = aliases[slot] else { return false }
    return aliases.count > 1 || inodes[slot].pointee.lookups > 0
  }

  /// Forgets another number of a place, under the tree's lock.
  ///
  /// The kernel may give the newest one back before it asks once more, which it does where another
  /// one was there: the older ones are no better for that.
  func dropAlias(_ alias: Slot) {
    let slot = inodes[alias].pointee.parent
    if aliases[slot]?.last == alias { inodes[slot].pointee.flags.insert(.doubted) }
    aliases[slot]?.removeAll { $0 == alias }
    if aliases[slot]?.isEmpty ?? false { aliases[slot] = nil }
  }
}
