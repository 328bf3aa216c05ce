import Linux

/// What changed in one step since the last batch, as rows: written in one transaction.
struct Batch {
  let step: StepID
  var nodes: [LiveNode] = []
  var droppedNodes: [(id: NodeID, saved: Int64)] = []
  var entries: [PendingEntry] = []
  var pins: [PinKey: Pin] = [:]
  /// Content that pins keep, by the number of its file: written before the rows that name it.
  var bases: [ObjectID: [UInt8]] = [:]
  var removedPins: Set<PinKey> = []
  /// Roots of which nothing was left before anything else of the batch happened.
  var clearedRoots: Set<Int64> = []
  var steps: [Step] = []
  /// Objects that no row of any step needs once this batch is written.
  var deadObjects: [ObjectID] = []

  var isEmpty: Bool {
    nodes.isEmpty && droppedNodes.isEmpty && entries.isEmpty && pins.isEmpty
      && removedPins.isEmpty && clearedRoots.isEmpty && steps.isEmpty && deadObjects.isEmpty
  }

  init(step: StepID) { self.step = step }
}

/// What a name stands for from now on.
struct PendingEntry {
  enum Value {
    case node(NodeID)
    case whiteout
    case removed
  }

  let parent: NodeID
  let name: ByteString
  let value: Value
}

/// A batch whose nodes were copied under the tree's lock, ready to be written without it.
struct SealedBatch {
  struct SealedNode {
    let row: Node
    let wasSavedEarlier: Bool
    let attributes: [ByteString: [UInt8]]?
    let extents: [Range<Int64>]?
  }

  let batch: Batch
  let nodes: [SealedNode]
  let nextNode: Int64
  let nextObject: Int64

  /// Call under the tree's lock: marks every node as saved in the batch's step.
  init(_ batch: Batch, nextNode: Int64, nextObject: Int64) {
    self.batch = batch
    self.nextNode = nextNode
    self.nextObject = nextObject
    nodes = batch.nodes.filter { !$0.isDropped }.map { node in
      defer {
        node.isDirty = false
        node.attributesAreDirty = false
        node.extentsAreDirty = false
        node.savedStep = batch.step.rawValue
      }
      return SealedNode(
        row: node.row,
        wasSavedEarlier: node.savedStep != 0 && node.savedStep != batch.step.rawValue,
        attributes: node.attributesAreDirty ? node.attributes ?? [:] : nil,
        extents: node.extentsAreDirty ? node.extents.ranges : nil)
    }
  }
}
