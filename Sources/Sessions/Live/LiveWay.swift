import Linux
import Store
import Through

/// A way back, or forth again, through the steps of a live directory.
package struct LiveWay: Sendable {
  private let count: Int
  private let isForward: Bool
  /// Whether it leads over what somebody else has changed since.
  private let isForced: Bool

  /// What came of it: the steps that were taken back, and the paths that changed.
  package struct Trip: Sendable {
    package var steps: [StepID] = []
    package var paths: Set<ByteString> = []
  }

  /// A way over so many steps that changed something.
  package init(count: Int, isForward: Bool, isForced: Bool) {
    self.count = count
    self.isForward = isForward
    self.isForced = isForced
  }

  init(params: JSON) {
    count = Int(clamping: params["count"]?.int ?? 1)
    isForward = params["forward"]?.bool ?? false
    isForced = params["force"]?.bool ?? false
  }

  var params: JSON {
    ["count": .int(Int64(count)), "forward": .bool(isForward), "force": .bool(isForced)]
  }

  /// Goes it, each step of it whole or not at all.
  func go(_ store: SessionStore, _ tree: LiveTree) throws -> Trip {
    var trip = Trip()
    try store.flush(durable: true)
    for _ in 0..<count {
      let line = try LiveTimeline(SessionReader(directory: store.files.directory.borrowed), tree)
      guard let target = isForward ? line.ahead.last : line.past.last else {
        if trip.steps.isEmpty {
          throw SessionError("there is nothing to \(isForward ? "redo" : "undo")")
        }
        break
      }
      try takeBack(target, store, tree, &trip)
    }
    return trip
  }

  private func takeBack(
    _ target: StepID, _ store: SessionStore, _ tree: LiveTree, _ trip: inout Trip
  ) throws {
    let step = store.beginStep(
      isForward ? .redo : .undo, message: "of step \(target.rawValue)", restores: target)
    do {
      try tree.beginStep(step.id.rawValue)
      trip.paths.formUnion(try tree.takeBack(target.rawValue, force: isForced))
      try tree.endStep()
      store.endStep(step, status: 0)
      trip.steps.append(target)
    } catch {
      store.endStep(step, status: 1)
      try tree.endStep()
      try store.flush(durable: true)
      throw explained(error, target)
    }
    try store.flush(durable: true)
  }

  private func explained(_ error: any Error, _ target: StepID) -> any Error {
    switch error {
    case BackError.barrier(let path, let reason):
      SessionError(
        "cannot take back step \(target.rawValue): '\(path.printable)': \(reason)",
        hint: "nothing was changed; look at it, and say --force to go past it", kind: .conflict)
    case BackError.failed(let path, let errno):
      SessionError(
        "cannot take back step \(target.rawValue): '\(path.printable)': \(errno)",
        hint: "nothing was changed")
    default: error
    }
  }
}

extension LiveWay.Trip {
  var json: JSON {
    [
      "steps": .array(steps.map { .int($0.rawValue) }),
      "paths": .array(paths.sorted().map { JSON($0) }),
    ]
  }

  init(json: JSON) {
    steps = (json["steps"]?.array ?? []).compactMap { $0.int.map { StepID($0) } }
    paths = Set((json["paths"]?.array ?? []).compactMap(\.byteString))
  }
}

/// The steps of a live directory that undo and redo would take back next, each list's last first.
struct LiveTimeline {
  private(set) var past: [StepID] = []
  private(set) var ahead: [StepID] = []

  init(_ reader: SessionReader, _ tree: LiveTree) throws {
    let changing = Set(try tree.changingSteps())
    for step in try reader.steps() where changing.contains(step.id.rawValue) {
      // One that was cut off, or met a barrier, has left no more than a step like any other.
      switch (step.kind, step.restores, step.status) {
      case (.undo, let target?, 0):
        past.removeAll { $0 == target }
        ahead.append(step.id)
      case (.redo, let target?, 0):
        ahead.removeAll { $0 == target }
        past.append(step.id)
      case (.undo, _, _), (.redo, _, _): if step.status == nil { past.append(step.id) }
      default:
        past.append(step.id)
        ahead = []
      }
    }
  }
}

extension StoredSession {
  /// Whether it is the undo log of a live directory.
  package var isLive: Bool { item.isLive }

  /// Goes back or forth in a live directory, mounted or not.
  package func go(_ way: LiveWay) throws -> LiveWay.Trip {
    if let client = try Client.connect(to: directory.borrowed) {
      defer { client.leave() }
      do { return LiveWay.Trip(json: try client.call("back", way.params).result) } catch let error
        as ProtocolError
      {
        throw SessionError(error)
      }
    }
    let store = try SessionStore.open(directory.borrowed.duplicate())
    guard let root = store.roots.first else { throw SessionError("the session has no root") }
    let opened = OwnedDescriptor(owning: try KeeperOpening.openRoot(root).descriptor)
    let tree = try LiveTree(opened, session: directory.borrowed)
    let trip = try way.go(store, tree)
    try store.checkpoint()
    return trip
  }
}
