import Linux

/// The changed part of the tree as it is now, in memory; what changes here is written behind.
///
/// Must be used under `lock` wherever another thread may use it too.
package final class Tree: @unchecked Sendable {
  // Invariant: everything below is guarded by `lock`.
  package let lock = Lock()
  package private(set) var nodes: [NodeID: LiveNode] = [:]
  /// The step that changes belong to.
  package internal(set) var step: StepID
  private(set) var pins: [PinKey: Pin]
  /// What the quota counts: bytes in the objects of all steps and in kept bases.
  package internal(set) var byteCount: Int64 = 0
  var nextNode: Int64
  var nextObject: Int64
  /// The first number that no node has yet.
  package var nextNumber: Int64 { nextNode }
  /// While a command runs whose files shall all have one time: since when, and which time.
  package var clock: (since: Timestamp, time: Timestamp)?
  /// How often something was changed, for who waits for a pause.
  private(set) var changeCount = 0
  var pending: Batch
  /// Full batches of steps that ended before they were written.
  var sealed: [SealedBatch] = []
  /// Called, under the lock, when the first change after a write comes.
  var whenDirty: () -> Void = {}

  init(step: StepID, pins: [PinKey: Pin], nextNode: Int64, nextObject: Int64) {
    self.step = step
    self.pins = pins
    self.nextNode = nextNode
    self.nextObject = nextObject
    pending = Batch(step: step)
  }

  /// Takes in what the database holds; nodes without a name, left by a crash, are dropped.
  func load(_ saved: SavedTree, attributes: [NodeID: [ByteString: [UInt8]]], savedStep: StepID) {
    for row in saved.nodes.values {
      let node = LiveNode(row)
      node.savedStep = savedStep.rawValue
      node.attributes = attributes[row.id]
      nodes[row.id] = node
    }
    for (parent, entries) in saved.children {
      guard let directory = nodes[parent] else { continue }
      for entry in entries {
        let node = entry.node.flatMap { nodes[$0] }
        // An entry whose node is missing can't come from a whole transaction; it stays hidden.
        entry.name.withBuffer { directory.names.set($0, to: node) }
        node?.nameCount += 1
      }
    }
    for node in nodes.values where node.nameCount == 0 && !isRoot(node) {
      if !node.row.flags.contains(.linked) { drop(node) }
    }
  }

  private func isRoot(_ node: LiveNode) -> Bool { node.row.id.rawValue == node.row.root }

  /// A node by its number.
  package func node(_ id: NodeID) -> LiveNode? { nodes[id] }

  /// What a directory says about a name.
  package func find(_ name: UnsafeBufferPointer<UInt8>, in directory: LiveNode) -> Found {
    guard let index = directory.names.find(name) else { return .absent }
    guard let node = directory.names.items[index].node else { return .whiteout }
    return .node(node)
  }

  /// Calls `body` with every entry of a directory; nil is a whiteout.
  package func forEachEntry(of directory: LiveNode, _ body: (ByteString, LiveNode?) -> Void) {
    for item in directory.names.items where !item.isRemoved { body(item.name, item.node) }
  }
}

// Changes.
extension Tree {
  /// Makes a node; its number is set here.
  package func makeNode(_ row: Node) -> LiveNode {
    let node = LiveNode(row)
    node.row.id = NodeID(nextNode)
    nextNode += 1
    nodes[node.row.id] = node
    touch(node)
    return node
  }

  /// Takes in a node that has its number already.
  func insert(_ node: LiveNode) {
    nodes[node.row.id] = node
    touch(node)
  }

  /// A number for a new object.
  package func makeObject() -> ObjectID {
    defer { nextObject += 1 }
    return ObjectID(nextObject)
  }

  /// Says that a node's row was changed.
  package func touch(_ node: LiveNode) {
    guard !node.isDirty, !node.isDropped else { return }
    node.isDirty = true
    pending.nodes.append(node)
    whenDirty()
  }

  /// Says that a node's extended attributes were changed.
  package func touchAttributes(_ node: LiveNode) {
    node.attributesAreDirty = true
    touch(node)
  }

  /// Says that a node's list of own bytes was changed.
  package func touchExtents(_ node: LiveNode) {
    node.extentsAreDirty = true
    touch(node)
  }

  /// Lets a name stand for a node, or for nothing (nil: a whiteout).
  package func setEntry(
    _ name: UnsafeBufferPointer<UInt8>, in directory: LiveNode, to node: LiveNode?
  ) {
    if case .node(let before) = find(name, in: directory) { before.nameCount -= 1 }
    directory.names.set(name, to: node)
    node?.nameCount += 1
    pending.entries.append(
      PendingEntry(
        parent: directory.id, name: ByteString(name),
        value: node.map { .node($0.id) } ?? .whiteout))
    whenDirty()
  }

  /// Forgets what the session says about a name: the lower decides again.
  package func removeEntry(_ name: UnsafeBufferPointer<UInt8>, in directory: LiveNode) {
    if case .node(let before) = find(name, in: directory) { before.nameCount -= 1 }
    guard directory.names.remove(name) else { return }
    pending.entries.append(
      PendingEntry(parent: directory.id, name: ByteString(name), value: .removed))
    whenDirty()
  }

  /// Ends a node that no name and no open file needs; its entries go with it.
  package func drop(_ node: LiveNode) {
    guard !node.isDropped else { return }
    var names: [(ByteString, LiveNode?)] = []
    forEachEntry(of: node) { names.append(($0, $1)) }
    for (name, _) in names { name.withBuffer { removeEntry($0, in: node) } }
    node.isDropped = true
    nodes[node.id] = nil
    pending.droppedNodes.append((node.id, node.savedStep))
    releaseObject(of: node)
    whenDirty()
  }

  /// Takes a node's object away; its file goes when no step can see it any more.
  package func releaseObject(of node: LiveNode) {
    guard let object = node.row.object else { return }
    if node.row.objectStep == step {
      pending.deadObjects.append(object)
      charge(node, 0)
    }
    // What an earlier step still shows stays counted, and is no longer this node's.
    (node.chargedBytes, node.sharedBytes) = (0, 0)
    node.row.object = nil
  }

  /// Whether the lower's state at a path was kept before.
  package func isPinned(_ key: PinKey) -> Bool { pins[key] != nil }

  /// What was kept of the lower at a path.
  package func pin(_ key: PinKey) -> Pin? { pins[key] }

  /// Keeps what the lower was at a path, once.
  package func setPin(_ pin: Pin) {
    guard !isPinned(PinKey(root: pin.root, path: pin.path)) else { return }
    replacePin(pin)
  }

  /// Keeps a pin's content as well; its file and its hash are written behind.
  package func setBase(_ pin: Pin, _ content: [UInt8]) {
    var pin = pin
    let base = makeObject()
    byteCount += Int64(content.count)
    pin.base = base
    pending.bases[base] = content
    replacePin(pin)
  }

  /// Keeps what the lower is at a path now, whatever was kept before.
  package func replacePin(_ pin: Pin) {
    let key = PinKey(root: pin.root, path: pin.path)
    pins[key] = pin
    pending.pins[key] = pin
    pending.removedPins.remove(key)
    whenDirty()
  }

  /// Forgets what the lower was at a path.
  package func removePin(_ key: PinKey) {
    pins[key] = nil
    pending.pins[key] = nil
    pending.removedPins.insert(key)
    whenDirty()
  }

  /// Forgets everything of a root of a resting session: it shows what the lower has.
  ///
  /// The first change of a step: the database is told in a few statements, not row by row.
  package func clear(_ root: Root) {
    guard let top = nodes[root.node] else { return }
    for node in nodes.values where node.row.root == root.id && node !== top {
      node.isDropped = true
      nodes[node.id] = nil
    }
    top.names = NameTable()
    top.attributes = nil
    top.row.flags = [.merged, .lowerAttributes, .lowerExtendedAttributes]
    touch(top)
    for key in pins.keys where key.root == root.id { pins[key] = nil }
    pending.clearedRoots.insert(root.id)
    whenDirty()
  }

  /// Writes a step's row with the next batch.
  func record(_ row: Step) {
    pending.steps.append(row)
    whenDirty()
  }

  /// Lets what follows belong to another step; what came before stays whole in its own.
  func advance(to next: StepID) {
    seal()
    step = next
    pending = Batch(step: next)
  }

  /// Closes the pending batch for writing.
  package func seal() {
    guard !pending.isEmpty else { return }
    changeCount += 1
    if let clock { for node in pending.nodes { node.setClock(clock) } }
    sealed.append(SealedBatch(pending, nextNode: nextNode, nextObject: nextObject))
    pending = Batch(step: step)
  }
}

extension ByteString {
  /// Calls `body` with the bytes, borrowed.
  package func withBuffer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try bytes.withUnsafeBufferPointer(body)
  }
}
