import Glibc
import Linux
import Store

extension FileSystem {
  /// Brings an earlier step back while the view is in use: as a new step, see SessionStore.
  ///
  /// What a program has open keeps the content that it had; whoever opens the name again sees the
  /// restored one.
  package func restore(
    to target: StepID, as kind: Step.Kind, message: String = "", only paths: [RestoredPath] = []
  ) throws(StoreError) -> Step {
    // What was written before belongs to the steps before.
    bringDown()
    var stale = StaleNames()
    let outcome = changing.exclusively { () -> Result<Step, StoreError> in
      let before = tree.lock.with { knownRows() }
      do throws(StoreError) {
        let (step, changed) = try store.restore(
          to: target, as: kind, message: message, only: paths)
        stale = tree.lock.with { detachChanged(before, changed) }
        return .success(step)
      } catch { return .failure(error) }
    }
    // Only now: a notice may wait for a directory that a change holds while it waits for us.
    for (parent, name) in stale.names {
      name.withCString { tellNameChanged(Name($0), in: parent) }
    }
    for slot in stale.inodes { tellInodeChanged(slot) }
    lookUp(stale.directories)
    return try outcome.get()
  }

  /// Lets the kernel find directories where they are now.
  ///
  /// One that it still has by its former name is moved at the next look, for which it only tries to
  /// get the former parent's lock: who looks while others work there may get ESTALE.
  private func lookUp(_ directories: [ByteString]) {
    // Failure to open means that the mount is going.
    guard !directories.isEmpty, let view = try? view?() else { return }
    for path in directories {
      for _ in 0..<Self.attempts {
        do throws(Errno) {
          _ = try view.borrowed.open(beneath: path, [.path, .noFollow])
          break
        } catch .stale { usleep(500) } catch {
          break  // Gone again, or not for this user to see.
        }
      }
    }
  }

  private static let attempts = 200

  /// The paths of some directories of the first root, under the tree's lock.
  private func paths(of wanted: Set<NodeID>) -> [ByteString] {
    guard !wanted.isEmpty, let root = lowers.first.flatMap({ tree.node($0.root.node) }) else {
      return []
    }
    var found: [ByteString] = []
    var left: [(LiveNode, ByteString)] = [(root, ByteString([]))]
    while let (directory, path) = left.popLast() {
      tree.forEachEntry(of: directory) { name, node in
        guard let node, node.row.kind == .directory else { return }
        let inner = path.appending(name)
        if wanted.contains(node.id) { found.append(inner) }
        left.append((node, inner))
      }
    }
    return found
  }

  /// The rows of all changed nodes that the kernel knows, under the tree's lock.
  private func knownRows() -> [KnownNode] {
    tree.nodes.values.filter { $0.slot != 0 }
      .map { KnownNode(node: $0, row: $0.row, extents: $0.extents) }
  }

  /// Gives every file that became another one a new place, under the tree's lock.
  ///
  /// Answers what the kernel must forget.
  private func detachChanged(_ before: [KnownNode], _ changed: Set<ChangedName>)
    -> StaleNames
  {
    var stale = StaleNames()
    var moved: Set<NodeID> = []
    stale.names += relink(before)
    for known in before where known.node.isInTree && known.node.row != known.row {
      let node = known.node
      if known.row.kind == .directory {
        stale.inodes.append(node.slot)
      } else {
        moved.insert(node.id)
        leave(known.ghost)
        node.slot = 0
      }
    }
    for directory in tree.nodes.values where directory.slot != 0 {
      let slot = directory.slot
      tree.forEachEntry(of: directory) { name, node in
        let isStale = changed.contains(ChangedName(parent: directory.id, name: name))
        if isStale || node.map({ moved.contains($0.id) }) ?? false {
          stale.names.append((slot, name))
        }
      }
    }
    stale.directories = paths(of: arrived(changed))
    // Names that the restored tree says nothing about: the lower decides again.
    for name in changed {
      guard let directory = tree.node(name.parent), directory.slot != 0 else { continue }
      stale.names.append((directory.slot, name.name))
    }
    return stale
  }

  /// Finds the changed hard links anew; answers the names that lead to them and that no tree lists.
  ///
  /// One that is no more must not be what its untouched names lead to, and one that is again must be.
  private func relink(_ before: [KnownNode]) -> [(Slot, ByteString)] {
    linked = [:]
    var names: [(Slot, ByteString)] = []
    for known in before where known.row.flags.contains(.linked) {
      names += inodes.paths(of: known.node.slot)
    }
    for node in tree.nodes.values where node.row.flags.contains(.linked) {
      adoptLink(node)
      names += lowerPaths(of: node)
    }
    return names
  }

  /// The directories that the kernel knows and that have a name which they had not, under the lock.
  private func arrived(_ changed: Set<ChangedName>) -> Set<NodeID> {
    var arrived: Set<NodeID> = []
    for name in changed {
      guard let directory = tree.node(name.parent) else { continue }
      let found = name.name.withBuffer { tree.find($0, in: directory) }
      if case .node(let node) = found, node.row.kind == .directory, node.slot != 0 {
        arrived.insert(node.id)
      }
    }
    return arrived
  }

  /// By which names the kernel may know the lower's file that a node was made from.
  private func lowerPaths(of node: LiveNode) -> [(Slot, ByteString)] {
    let device = lowers[Int(rootIndex(of: node))].number(of: node.row.originDevice)
    guard let slot = inodes.find(device: device, inode: node.row.originInode) else { return [] }
    return inodes.paths(of: slot)
  }

  /// Lets a place go on with the content it had, apart from the tree.
  func leave(_ ghost: LiveNode) {
    let slot = ghost.slot
    let former = inodes[slot].pointee.node
    inodes.unhash(slot)
    inodes[slot].pointee.node = Unmanaged.passRetained(ghost)
    former?.release()
  }
}

/// A node that the kernel knows, as it was before something is brought back.
private struct KnownNode {
  let node: LiveNode
  let row: Node
  let extents: ExtentMap

  /// The node as it was, apart from the tree.
  var ghost: LiveNode {
    let ghost = LiveNode.ghost(of: row, at: node.slot)
    ghost.extents = extents
    return ghost
  }
}

/// What the kernel still believes and must ask for again.
private struct StaleNames {
  var names: [(Slot, ByteString)] = []
  var inodes: [Slot] = []
  /// Directories that are somewhere else now.
  var directories: [ByteString] = []
}
