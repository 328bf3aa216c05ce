import Changes
import Linux
import Store

/// An open session and one of its roots, ready to be applied, reverted or discarded.
///
/// Who makes one has the session's lock; an interrupted apply is finished or undone first.
package final class Application {
  package let store: SessionStore
  package let root: Root
  package let lower: LowerTree
  /// What the project's file systems refused to keep, a sentence each.
  package private(set) var refusals: [String] = []
  /// Asked between two operations; true rolls back what was done.
  package var isCancelled: () -> Bool = { false }
  /// Called with how many operations are done, and of how many.
  package var progress: (Int, Int) -> Void = { _, _ in }
  /// Called before everything that changes the project; a test ends the process there.
  var checkpoint: (String) throws -> Void = { _ in }

  private let directory: OpenFile
  /// The session's own project, where this is a copy of it.
  private let original: OpenFile?
  /// Which copy of the project this is about; nil: the project itself.
  let copy: Elsewhere?
  private var knownLanded: [ByteString: LandedState.Item]?

  /// Opens a root of a session for changing; `directory` is the root on the host.
  package init(_ store: SessionStore, root: Root, directory: consuming OwnedDescriptor) throws {
    self.store = store
    self.root = root
    self.directory = OpenFile(directory)
    lower = LowerTree(self.directory.borrowed)
    (original, copy) = (nil, nil)
    guard try root.isThe(self.directory.borrowed) else { throw ApplyError.anotherRoot(root.path) }
  }

  /// Opens a copy of a root, to land there what was changed; the session keeps its changes.
  package init(
    _ store: SessionStore, root: Root, directory: consuming OwnedDescriptor,
    copyAt path: ByteString, copy: consuming OwnedDescriptor
  ) throws {
    self.store = store
    self.root = root
    original = OpenFile(directory)
    let opened = OpenFile(copy)
    self.directory = opened
    lower = LowerTree(opened.borrowed)
    let status = try attempt("look at", path) { () throws(Errno) in try opened.borrowed.status() }
    self.copy = Elsewhere(path: path, device: status.device, inode: status.inode)
  }

  /// The path of the copy that this is about; nil: it is the project itself.
  package var elsewhere: ByteString? { copy?.path }

  var session: Descriptor { store.files.directory.borrowed }

  /// A reading of the session as it is now.
  package func reader() throws -> SessionReader { try SessionReader(directory: session) }

  /// The plan of everything that the session changed in the root.
  package func plan() throws -> Plan {
    try Plan(reader: reader(), root: root, lower: directory.borrowed)
  }

  /// The contents that a plan speaks of.
  package func contents() throws -> ContentReader {
    ContentReader(reader: try reader(), lower: lower)
  }

  /// Where the project is no longer what the session saw; empty: the plan can land.
  package func check(_ plan: Plan) throws -> [Conflict] {
    lower.forget()
    var checker = try checker()
    return try checker.check(plan)
  }

  func checker() throws -> ConflictChecker {
    try ConflictChecker(
      root: root, reader: reader(), lower: lower,
      original: original.map { LowerTree($0.borrowed) }
    ) { [unowned self] in try landedItems() }
  }

  /// What the applies that stand made of the project, by path.
  private func landedItems() throws -> [ByteString: LandedState.Item] {
    if let knownLanded { return knownLanded }
    var items: [ByteString: LandedState.Item] = [:]
    let standing = Set(try history().filter { !$0.isReverted }.map(\.number))
    for workspace in try Workspace.all(in: session) where standing.contains(workspace.number) {
      guard let bytes = try workspace.read(.landed) else { continue }
      for (place, found) in LandedState(bytes).places {
        for item in found { items[item.path.isEmpty ? place : place.appending(item.path)] = item }
      }
    }
    knownLanded = items
    return items
  }

  /// Refuses a plan that is not the one that was reviewed; the beginning of its id is enough.
  package func require(_ plan: Plan, reviewed id: String) throws {
    let now = try plan.id(contents())
    guard id.utf8.count >= 7, now.hasPrefix(id) else {
      throw ApplyError.planMoved(reviewed: id, now: now)
    }
  }

  /// Applies a plan, all of it or nothing; answers the number of the apply, nil for an empty plan.
  ///
  /// Entries whose keys are in `overruled` land though the project has changed there; `planID` is
  /// the id of what was reviewed, where it is known: finding it out means reading all content.
  @discardableResult
  package func run(
    _ plan: Plan, overruling overruled: Set<ByteString> = [], id planID: String? = nil
  ) throws -> Int? {
    guard !plan.isEmpty else { return nil }
    try refuseState(plan)
    let conflicts = try check(plan).filter { !overruled.contains($0.key) }
    guard conflicts.isEmpty else { throw ApplyError.conflicts(conflicts) }
    try makeWhole(plan)
    let workspace = try Workspace.make(in: session)
    let name = ByteString(".cowbox-\(session.realPath.lastComponent.printable)-\(workspace.number)")
    do {
      var scheduler = Scheduler(plan, lower, stageName: name)
      let schedule = try scheduler.run()
      try Preflight(root: directory.borrowed, lower: lower).check(schedule)
      try land(workspace, plan, schedule, try settlement(of: plan), planID)
    } catch {
      try abandon(workspace, after: error)
      throw explained(error, plan)
    }
    return workspace.number
  }

  /// What the session knows once a plan has landed; a copy of the project tells it nothing.
  private func settlement(of plan: Plan) throws -> Settlement {
    if copy != nil { return Settlement() }
    if plan.isWhole { return .everything }
    var settlement = Settlement(
      plan, rest: try self.plan().rest(without: plan), tree: try reader().tree())
    settlement.relinked = try linkedPins(without: settlement.unpinned)
    return settlement
  }

  private func land(
    _ workspace: Workspace, _ plan: Plan, _ schedule: Schedule, _ settlement: Settlement,
    _ planID: String?
  ) throws {
    var journal = Journal(root: root.id, plan: planID ?? "", settlement: settlement)
    journal.elsewhere = copy
    journal.stages = schedule.stages
    journal.oldTimes = schedule.oldTimes.map { DirectoryTime(path: $0, modified: $1) }
    journal.newTimes = schedule.newTimes.map { DirectoryTime(path: $0, modified: $1) }
    try workspace.begin(JournalText(journal).bytes, in: session)
    let stages = Stages(directory.borrowed, schedule.stages)
    try checkpoint("stage")
    try stages.make()
    var stager = Stager(stages: stages, contents: try contents())
    let all = schedule.items.count + schedule.takes.count + schedule.puts.count
    try stager.make(schedule, isCancelled: isCancelled) { progress($0, all) }
    refusals += stager.refusals
    if copy == nil { journal.pins = try keptPins() }
    journal.operations = try Self.withHeld(schedule.operations, stages)
    try checkpoint("journal")
    try workspace.write(.journal, JournalText(journal).bytes)
    try execute(journal, stages, schedule.below, behind: schedule.items.count)
    try workspace.write(.landed, LandedState(of: journal, lower).text)
    try finish(workspace, journal, stages)
  }

  func execute(
    _ journal: Journal, _ stages: Stages, _ below: [Slot: [TreeItem]], behind stagedCount: Int = 0
  ) throws {
    var executor = Executor(root: directory.borrowed, stages: stages)
    executor.willPerform = { [unowned self] index in
      try checkpoint("operation \(index)")
      if isCancelled() { throw Cancellation() }
      progress(stagedCount + index, stagedCount + journal.operations.count)
    }
    refusals += try executor.perform(journal, below: below)
    try checkpoint("landed")
    lower.forget()
  }

  /// Fills in what was made in the stages.
  static func withHeld(_ operations: [Operation], _ stages: Stages) throws -> [Operation] {
    try operations.map { operation in
      func made(_ slot: Slot) throws -> Expected {
        try attempt("look into the directory of an apply") { () throws(Errno) in
          Expected(try stages.folder(slot).status(of: slot.name))
        }
      }
      switch operation {
      case .put(let slot, let path, held: .unknown):
        return .put(slot, path, held: try made(slot))
      case .swap(let slot, let path, held: .unknown, let expected):
        return .swap(slot, path, held: try made(slot), expected)
      default: return operation
      }
    }
  }

  /// Lets the session learn that the project is as it shall be, and keeps what was replaced.
  ///
  /// All of it may be done again.
  func finish(_ workspace: Workspace, _ journal: Journal, _ stages: Stages) throws {
    try checkpoint("keep")
    try Keeper(workspace, stages).keep(journal)
    try stages.remove()
    settleTimes(journal)
    // Last: a name that goes moves the ctime of its other names, by which pins know a file.
    try checkpoint("settle")
    lower.forget()
    try settle(workspace.number, journal)
    try checkpoint("close")
    try workspace.write(.closed)
  }

  /// Tells the session what the project has now, once.
  private func settle(_ number: Int, _ journal: Journal) throws {
    if try journal.elsewhere != nil || step(of: number) != nil { return }
    if let reverted = journal.reverts {
      try settleRevert(number, of: reverted)
    } else {
      let pins = try pinAgain(journal.settlement)
      try journal.settlement.settle(
        store, root: root.id, pins: pins, kind: .apply, message: Self.message(of: number))
    }
  }

  /// What the session's log calls an apply.
  static func message(of number: Int) -> String { "apply \(number)" }

  /// The session's step in which an apply was settled.
  func step(of number: Int) throws -> StepID? {
    let message = Self.message(of: number)
    return try reader().steps().last { $0.message == message }?.id
  }

  /// What the session knows of the root, to be known again after a revert.
  func keptPins() throws -> [Journal.KeptPin] {
    try reader().pins().values.filter { $0.root == root.id }
      .map {
        Journal.KeptPin(
          path: $0.path, hash: $0.hash, base: $0.base?.rawValue, size: $0.size,
          modified: $0.modified)
      }
      .sorted { $0.path < $1.path }
  }

  /// A stage that comes and goes moves the time of its directory, after all others were set.
  private func settleTimes(_ journal: Journal) {
    for parent in Set(journal.stages.map(\.parent)) {
      let time = (journal.newTimes + journal.oldTimes).first { $0.path == parent }
      restoreTimes([time].compactMap { $0 })
    }
  }

  /// Leaves everything as it was before, after a failure.
  private func abandon(_ workspace: Workspace, after error: any Error) throws {
    if error is Interruption { return }
    if case ApplyError.stuck = error { return }
    try recover(workspace)
  }

  private func explained(_ error: any Error, _ plan: Plan) -> any Error {
    if error is Cancellation { return ApplyError.cancelled }
    guard let interference = error as? Executor.Interference else { return error }
    let change = plan.changes.first { $0.path == interference.path || $0.base == interference.path }
    return ApplyError.conflicts([
      Conflict(
        key: change?.key ?? interference.path, kind: change?.kind ?? .modified,
        path: interference.path, .changed)
    ])
  }

  var rootDirectory: Descriptor { directory.borrowed }
}

extension Root {
  /// Whether a directory is the one that the session was made on.
  func isThe(_ directory: Descriptor) throws -> Bool {
    let status = try attempt("look at", path) { () throws(Errno) in try directory.status() }
    return status.kind == .directory && status.device == device && status.inode == inode
  }
}

/// A test's stand-in for a process that was killed: nothing is cleaned up.
struct Interruption: Error {}
