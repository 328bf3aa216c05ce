import CDifferential
import Glibc
import Linux
import Store

/// A session's history at random: operations, boundaries, undo, redo, restore, branch and remount,
/// each state looked at in the view and read from the store, with others writing meanwhile or not.
package struct HistoryTrial: Sendable {
  let seed: UInt64
  let operations: Int
  let withWriters: Bool

  /// A trial of so many operations.
  package init(seed: UInt64, operations: Int, withWriters: Bool) {
    self.seed = seed
    self.operations = operations
    self.withWriters = withWriters
  }

  /// Runs it; nil: every step was and is what was seen.
  package func run(by runner: Runner) throws(Errno) -> Finding? {
    var runner = runner
    runner.seconds = 120 + operations / 10
    return try runner.watch { place, progress in
      do {
        return try History(place, self, progress).run()
      } catch {
        return Finding(index: Int(progress.pointee), text: "the trial itself failed: \(error)")
      }
    }
  }
}

/// One run of a history.
private final class History {
  private let place: Workspace
  private let trial: HistoryTrial
  private let progress: UnsafeMutablePointer<Int64>
  private var random: Random
  private var generator: Generator
  private var recorded: [(step: Int64, image: Image)] = []
  /// Where undo leads, the present last, and where redo does, the next last.
  private var past: [Int] = []
  private var ahead: [Int] = []
  private var branches: [(name: ByteString, step: Int)] = []
  private var writers: [Int32] = []

  init(_ place: Workspace, _ trial: HistoryTrial, _ progress: UnsafeMutablePointer<Int64>) {
    self.place = place
    self.trial = trial
    self.progress = progress
    random = Random(seed: trial.seed &* 31)
    generator = Generator(seed: trial.seed, isRoot: Process.user == 0, actsAsOthers: false)
  }

  func run() throws -> Finding? {
    let lower = Side("lower", root: try open(place.lower))
    for operation in StartingTree.operations(asRoot: Process.user == 0) {
      if case .umask(let mask) = operation { umask(mask) } else { _ = lower.perform(operation) }
    }
    try Workspace.enterNamespace()
    // What is seen is compared with what was, nothing with a plain directory.
    if Process.user != 0 { try Workspace.allow([.mounting, .looking], and: []) }
    let view = try View(place)
    let side = Side("overlay", root: try view.root())
    if trial.withWriters { try startWriters() }
    defer { stopWriters() }
    try record(view, side)
    for (number, operation) in generator.sequence(trial.operations).enumerated() {
      progress.pointee = Int64(number)
      if let text = try step(operation, view, side) { return Finding(index: number, text: text) }
    }
    stopWriters()
    return try finish(view, side).map { Finding(index: trial.operations, text: $0) }
  }

  private func step(_ operation: Operation, _ view: View, _ side: Side) throws -> String? {
    switch operation {
    case .umask(let mask): umask(mask)
    case .boundary, .remount, .dropCaches, .compare, .actAs: return try turn(view, side)
    default: _ = side.perform(operation)
    }
    return random.once(in: 25) ? try turn(view, side) : nil
  }

  /// Something that is done to the history.
  private func turn(_ view: View, _ side: Side) throws -> String? {
    switch random.below(8) {
    case 0, 1, 2: try record(view, side)
    case 3: return try go(back: 1 + random.below(3), view, side)
    case 4: return try forth(view, side)
    case 5:
      try record(view, side)
      let target = random.below(recorded.count)
      past.append(target)
      ahead = []
      return try restore(target, kind: 2, view, side)
    case 6: try branch(view, side)
    default: if !trial.withWriters { try remount(view, side) }
    }
    return nil
  }

  private func go(back count: Int, _ view: View, _ side: Side) throws -> String? {
    try record(view, side)
    for _ in 0..<min(count, past.count - 1) { ahead.append(past.removeLast()) }
    return try restore(past[past.count - 1], kind: 0, view, side)
  }

  private func forth(_ view: View, _ side: Side) throws -> String? {
    guard let next = ahead.popLast() else { return nil }
    past.append(next)
    return try restore(next, kind: 1, view, side)
  }

  private func restore(_ target: Int, kind: Int64, _ view: View, _ side: Side) throws -> String? {
    // Half of the time files stay open: what is written to them then belongs to nothing that lasts.
    if random.once(in: 2) { side.closeAll() }
    _ = try view.restore(recorded[target].step, kind: kind)
    let image = look(side)
    guard let text = recorded[target].image.difference(from: image, "seen then", "brought back")
    else { return nil }
    return "step \(recorded[target].step) came back otherwise:\n\(text)\n" + (try stored(target))
  }

  /// What the store has of a step that came back otherwise: then it's the view that is wrong, or it.
  private func stored(_ target: Int) throws -> String {
    let state = try open(place.state)
    let lower = try open(place.lower)
    let reader = try SessionReader(directory: state.borrowed)
    let saved = try read(reader, StepID(recorded[target].step), lower.borrowed)
    return recorded[target].image.difference(from: saved, "seen then", "in the store")
      ?? "  the store has it as it was seen then"
  }

  /// Ends a step and remembers what it shows.
  private func record(_ view: View, _ side: Side) throws {
    let before = look(side)
    let step = try view.boundary()
    recorded.append((step, before))
    past.append(recorded.count - 1)
    ahead = []
  }

  private func look(_ side: Side) -> Image {
    var image = Image.read(side.root.borrowed)
    // What others write is theirs, the top's own times and links with it.
    image.entries = image.entries.filter { path, _ in
      !path.isEmpty && !path.isWithin(Self.writersHome)
    }
    return image
  }

  private func branch(_ view: View, _ side: Side) throws {
    try record(view, side)
    let name = ByteString("branch-\(branches.count)")
    try place.makeDirectory(name)
    // A branch is made of what the store has written.
    try side.root.borrowed.synchronize()
    let source = try open(place.state)
    let step = recorded[recorded.count - 1].step
    try SessionStore.branch(
      from: source.borrowed, BranchOrigin(session: "main", step: StepID(step)),
      into: open(place.path.appending(name)))
    branches.append((name, recorded.count - 1))
  }

  private func remount(_ view: View, _ side: Side) throws {
    side.closeAll()
    side.move(to: OwnedDescriptor(owning: -1))
    try view.remount()
    side.move(to: try view.root())
  }

  /// Every step as the store has it, and every branch.
  private func finish(_ view: View, _ side: Side) throws -> String? {
    side.closeAll()
    side.move(to: OwnedDescriptor(owning: -1))
    try view.quit()
    let lower = try open(place.lower)
    let state = try open(place.state)
    let reader = try SessionReader(directory: state.borrowed)
    for (step, image) in recorded {
      let saved = try read(reader, StepID(step), lower.borrowed)
      if let text = image.difference(from: saved, "seen then", "in the store") {
        return "step \(step) is not what was seen:\n\(text)"
      }
    }
    for (name, step) in branches {
      let state = try open(place.path.appending(name))
      let reader = try SessionReader(directory: state.borrowed)
      let saved = try read(reader, StepID(1), lower.borrowed)
      if let text = recorded[step].image.difference(from: saved, "seen then", "in the branch") {
        return "\(name.printable) of step \(recorded[step].step):\n\(text)"
      }
    }
    return nil
  }

  private func read(_ reader: SessionReader, _ step: StepID, _ lower: Descriptor) throws -> Image {
    var image = try SavedImage.read(reader, at: step, lower: lower)
    image.entries = image.entries.filter { path, _ in
      !path.isEmpty && !path.isWithin(Self.writersHome)
    }
    return image
  }

  private func open(_ path: ByteString) throws(Errno) -> OwnedDescriptor {
    try Descriptor.currentDirectory.open(path, [.directory])
  }
}

// Programs that write all the time, in a directory of their own.
extension History {
  fileprivate static let writersHome: ByteString = "writers"

  fileprivate func startWriters() throws {
    let home = place.view.appending(Self.writersHome)
    for number in 0..<2 {
      let child = try check { fork() }
      if child == 0 { Self.write(in: home, number) }
      writers.append(child)
    }
  }

  private static func write(in home: ByteString, _ number: Int) -> Never {
    var count = 0
    while true {
      // An undo may take the directory away under it.
      try? Descriptor.currentDirectory.makeDirectory(home, mode: 0o755)
      let name = home.appending(ByteString("w\(number)-\(count % 20)"))
      if let file = try? Descriptor.currentDirectory.open(
        name, [.readWrite, .create], mode: 0o644)
      {
        try? file.borrowed.write(pattern(UInt64(count), 100 + count % 5000))
      }
      if count % 7 == 0 { try? Descriptor.currentDirectory.remove(name) }
      count += 1
    }
  }

  fileprivate func stopWriters() {
    for writer in writers {
      kill(writer, SIGKILL)
      waitpid(writer, nil, 0)
    }
    writers = []
  }
}
