import Changes
import Linux
import Store

/// Merges a branch into the session that it came from, three-way, as one step of that session.
package struct SessionMerge {
  /// What stands where both changed the same lines, or the same file that is no text.
  package enum Favor: String, Sendable {
    case branch, session, markers
  }

  /// Why nothing was merged.
  package enum Failure: Error, CustomStringConvertible {
    /// The session was never branched from the other one.
    case noBranch
    case conflicts([TreeMerge.Conflict])

    package var description: String {
      switch self {
      case .noBranch: "the session is no branch of another one"
      case .conflicts(let conflicts):
        "the branch and its session conflict in \(conflicts.count) "
          + (conflicts.count == 1 ? "place" : "places")
      }
    }
  }

  private let branch: SessionStore
  private let session: SessionStore
  private let readers: (branch: SessionReader, session: SessionReader)
  private let favor: Favor?
  private let lower: (Int64) throws -> LowerTree
  private static let largest: Int64 = 16 << 20

  /// A merge of two resting sessions; `lower` answers the directory of a root on the host.
  package init(
    _ branch: SessionStore, into session: SessionStore, favor: Favor?,
    lower: @escaping (Int64) throws -> LowerTree
  ) throws {
    self.branch = branch
    self.session = session
    self.favor = favor
    self.lower = lower
    readers = (
      try SessionReader(directory: branch.files.directory.borrowed),
      try SessionReader(directory: session.files.directory.borrowed)
    )
  }

  /// Merges everything or nothing; nil: the branch had nothing that the session lacks.
  package func run(message: String) throws -> StepID? {
    guard let origin = try readers.branch.branchOrigin() else { throw Failure.noBranch }
    let start = try readers.branch.committedStep()
    let merge = TreeMerge(
      base: try side(readers.branch, start), branch: try side(readers.branch, nil),
      former: try readers.session.tree(at: origin.step), session: try side(readers.session, nil),
      roots: readers.session.roots, next: session.tree.lock.with { session.tree.nextNumber })
    guard merge.conflicts.isEmpty else { throw Failure.conflicts(merge.conflicts) }
    guard merge.hasChanges else { return nil }
    var tree = merge.tree
    let settled = try settle(merge.contested)
    for (id, object) in merge.imported {
      tree.nodes[id]?.object = try session.importObject(object, of: branch)
      tree.nodes[id]?.objectStep = session.tree.step
    }
    for (id, bytes) in settled {
      let object = try session.newObject()
      try object.file.borrowed.write(bytes)
      tree.nodes[id]?.setContent(object.id, size: Int64(bytes.count), step: session.tree.step)
    }
    try session.importPins(of: branch)
    let last = branch.tree.step
    let step = try session.adopt(tree, merge.attributes, as: .merge, message: message)
    try branch.setBranchPoint(BranchOrigin(session: origin.session, step: step), committed: last)
    return step
  }

  private func side(_ reader: SessionReader, _ step: StepID?) throws -> TreeMerge.Side {
    TreeMerge.Side(try reader.tree(at: step), try reader.extendedAttributes(at: step))
  }

  /// What the files are to hold whose content both changed.
  private func settle(_ files: [TreeMerge.Contested]) throws -> [(NodeID, [UInt8])] {
    var conflicts: [TreeMerge.Conflict] = []
    var merged: [(NodeID, [UInt8])] = []
    for file in files {
      switch try settle(file) {
      case .same: continue
      case .conflict: conflicts.append(.init(path: file.path, reason: .content))
      case .bytes(let bytes): merged.append((file.node, bytes))
      }
    }
    guard conflicts.isEmpty else { throw Failure.conflicts(conflicts) }
    return merged
  }

  private enum Settled {
    case same, conflict
    case bytes([UInt8])
  }

  private func settle(_ file: TreeMerge.Contested) throws -> Settled {
    guard file.branch.kind == .regular, file.session.kind == .regular else { return .conflict }
    let lower = try lower(file.branch.root)
    guard let mine = try bytes(of: file.branch, readers.branch, lower),
      let theirs = try bytes(of: file.session, readers.session, lower)
    else { return .conflict }
    if mine == theirs { return .same }
    let base = try base(of: file, lower)
    guard let base, ![base, mine, theirs].contains(where: \.isBinary) else {
      switch favor {
      case .branch: return .bytes(mine)
      case .session: return .bytes(theirs)
      default: return .conflict
      }
    }
    let favored: ThreeWayMerge.Favor =
      switch favor {
      case .branch: .mine
      case .session: .theirs
      default: .markers
      }
    let merge = try ThreeWayMerge(base: base, mine: mine, theirs: theirs, favor: favored)
    return merge.isClean || favor != nil ? .bytes(merge.bytes) : .conflict
  }

  /// What the branch began with: its own row of then, or what the project had.
  private func base(of file: TreeMerge.Contested, _ lower: LowerTree) throws -> [UInt8]? {
    if let base = file.base { return try bytes(of: base, readers.branch, lower) }
    guard let origin = file.lower else { return nil }
    let pins = try readers.branch.pins()
    if let kept = pins[PinKey(root: file.branch.root, path: origin)]?.base {
      return try attempt("read kept content", origin) { () throws(Errno) in
        let opened = try readers.branch.openBase(kept)
        return try opened.borrowed.readAll(limit: Int(Self.largest))
      }
    }
    guard let status = try lower.status(origin), status.kind == .regular else { return nil }
    let contents = ContentReader(reader: readers.branch, lower: lower)
    return status.size > Self.largest ? nil : try contents.bytes(.lower(origin), size: status.size)
  }

  /// All bytes of a file, or nil where they are too many to be merged.
  private func bytes(of node: Node, _ reader: SessionReader, _ lower: LowerTree) throws -> [UInt8]?
  {
    let item = ViewItem(path: ByteString([]), node: node)
    var size = item.size
    if case .lower(let path) = item.content { size = try lower.status(path)?.size ?? 0 }
    if size > Self.largest { return nil }
    return try ContentReader(reader: reader, lower: lower).bytes(item.content, size: size)
  }
}

extension [UInt8] {
  /// As git has it: a NUL among the first 8,000 bytes.
  fileprivate var isBinary: Bool { prefix(8000).contains(0) }
}

extension Node {
  fileprivate mutating func setContent(_ object: ObjectID, size: Int64, step: StepID) {
    self.object = object
    objectStep = step
    self.size = size
    (modified, changed) = (.now, .now)
    flags.subtract([.lowerContent, .partial, .lowerAttributes])
  }
}
