import CDifferential
import CLinux
import Glibc
import Linux
import Store

/// What went wrong in a trial, and with which operation.
package struct Finding: Sendable {
  package let index: Int
  package let text: String
}

/// One sequence of operations, made on a plain directory and on the overlay of its twin.
final class Trial {
  let place: Workspace
  private let operations: [Operation]
  private let progress: UnsafeMutablePointer<Int64>
  let isRoot = Process.user == 0
  private var relation = InodeRelation()
  private var recorded: [(step: Int64, image: Image)] = []
  private var identity: (user: UInt32, group: UInt32) = (0, 0)
  /// Whether the trees must be equal, and not only what programs say of them.
  var comparesTrees = true
  /// Makes the tree that a trial begins with, where it is not the usual one.
  var populates: ((Trial, Side) throws -> Void)?
  /// Whether nothing but the workspace can be written, which programs with a /tmp can't live with.
  var isSealed = false
  /// How large the store's file system is; nil: as large as it happens to be.
  var storeSize: Int?
  /// Directories of their own for processes that work at the same time.
  var homes: [Path] = []
  private var isKeeper = false
  private var index = 0

  init(_ place: Workspace, _ operations: [Operation], progress: UnsafeMutablePointer<Int64>) {
    self.place = place
    self.operations = operations
    self.progress = progress
  }

  /// Makes the operations, in a process of its own, single-threaded.
  func run() -> Finding? {
    run { trial, plain, overlay, view in try trial.perform(plain, overlay, view) }
  }

  /// Runs what makes both trees differ if anything does; the rest of a trial is always the same.
  func run(_ body: (Trial, Side, Side, View) throws -> String?) -> Finding? {
    do {
      return try attempt(body)
    } catch {
      return Finding(index: index, text: "the trial itself failed: \(error)")
    }
  }

  private func attempt(_ body: (Trial, Side, Side, View) throws -> String?) throws -> Finding? {
    let plain = Side("plain", root: try open(place.plain))
    let lower = Side("lower", root: try open(place.lower))
    try populate(plain, lower)
    let before = Image.read(lower.root.borrowed, strictly: true)
    try Workspace.enterNamespace()
    if isSealed {
      try place.sealEverythingElse()
      plain.move(to: try open(place.plain))
    }
    if let size = storeSize { try place.limitStore(to: size) }
    let view = try View(place)
    let overlay = Side("overlay", root: try view.root())
    if let text = try body(self, plain, overlay, view) { return Finding(index: index, text: text) }
    index = operations.count
    if let text = try finish(plain, overlay, view) { return Finding(index: index, text: text) }
    let after = Image.read(lower.root.borrowed, strictly: true)
    if let text = after.difference(from: before, "lower after", "lower before") {
      return Finding(index: index, text: "the lower was written:\n\(text)")
    }
    return nil
  }

  /// The same tree on both sides, and in the directory of each process.
  private func populate(_ plain: Side, _ lower: Side) throws {
    if let populates { return try [plain, lower].forEach { try populates(self, $0) } }
    for side in [plain, lower] {
      for home in homes { _ = side.perform(.makeDirectory(home, mode: 0o755)) }
      let rest = try homes.map { home throws(Errno) in
        Side(side.name, root: try side.root.borrowed.open(home.bytes, [.directory]))
      }
      for part in [side] + rest {
        for operation in StartingTree.operations(asRoot: isRoot) {
          if case .umask(let mask) = operation {
            umask(mask)
          } else if let failure = part.perform(operation).failure {
            throw SystemError("\(operation)", nil, failure)
          }
        }
      }
    }
  }

  private func perform(_ plain: Side, _ overlay: Side, _ view: View) throws -> String? {
    for (number, operation) in operations.enumerated() {
      index = number
      progress.pointee = Int64(number)
      if let text = try perform(operation, plain, overlay, view) { return text }
    }
    return nil
  }

  private func open(_ path: ByteString) throws(Errno) -> OwnedDescriptor {
    try Descriptor.currentDirectory.open(path, [.directory])
  }

  /// One operation on both sides; what differs, in words.
  func perform(_ operation: Operation, _ plain: Side, _ overlay: Side, _ view: View?)
    throws -> String?
  {
    switch operation {
    case .compare: return compare(plain, overlay)
    case .boundary: return try view.flatMap { try boundary(plain, overlay, $0) }
    case .remount: return try view.flatMap { try remount(plain, overlay, $0) }
    case .kill: return try view.flatMap { try kill(plain, overlay, $0) }
    case .starve(let inner): return try view.flatMap { try starve(inner, plain, overlay, $0) }
    case .dropCaches:
      if isRoot { try asKeeper { try dropCaches() } }
    case .umask(let mask): umask(mask)
    case .actAs(let user, let group):
      if isRoot {
        identity = (user, group)
        cd_act_as(user, group)
      }
    default:
      let expected = performPlainly(operation, plain)
      let found = overlay.perform(operation)
      if expected.failure != found.failure || !agree(expected.text, found.text) {
        return ".\(operation)\nplain: \(expected)\noverlay: \(found)"
      }
    }
    return nil
  }

  /// Runs something as who owns the session.
  func asKeeper<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard isRoot, !isKeeper else { return try body() }
    isKeeper = true
    cd_act_as(0, 0)
    defer {
      isKeeper = false
      cd_act_as(identity.user, identity.group)
    }
    return try body()
  }

  /// Looks at files that their own modes hide from an ordinary user, outside of the overlay.
  private func seeingAll<Result>(_ body: () throws -> Result) throws -> Result {
    if isRoot { return try body() }
    try Workspace.allow([.mounting, .looking], and: [])
    defer {
      // Keeping too much would be a difference that is told.
      try? Workspace.allow([.mounting], and: [.looking])
    }
    return try body()
  }

  func compare(_ plain: Side, _ overlay: Side) -> String? {
    guard comparesTrees else { return nil }
    return asKeeper {
      let (expected, found) = (
        Image.read(plain.root.borrowed), Image.read(overlay.root.borrowed)
      )
      if let text = expected.difference(from: found, "plain", "overlay") { return text }
      return relation.check(plain: expected, overlay: found)
    }
  }

  private func boundary(_ plain: Side, _ overlay: Side, _ view: View) throws -> String? {
    try asKeeper {
      if let text = compare(plain, overlay) { return text }
      let step = try view.boundary()
      if comparesTrees {
        try recorded.append((step, seeingAll { Image.read(plain.root.borrowed) }))
      }
      return nil
    }
  }

  /// Everything is durable, the server dies, and another one shows the same again.
  private func kill(_ plain: Side, _ overlay: Side, _ view: View) throws -> String? {
    try asKeeper {
      plain.closeAll()
      overlay.closeAll()
      // What the kernel has cached must have reached the store, and the store the disk.
      if let text = try boundary(plain, overlay, view) { return text }
      try overlay.root.borrowed.synchronize()
      overlay.move(to: OwnedDescriptor(owning: -1))
      view.kill()
      try view.start()
      overlay.move(to: try view.root())
      return compare(plain, overlay).map { "after the server's death:\n\($0)" }
    }
  }

  func remount(_ plain: Side, _ overlay: Side, _ view: View) throws -> String? {
    try asKeeper {
      plain.closeAll()
      overlay.closeAll()
      overlay.move(to: OwnedDescriptor(owning: -1))
      try view.remount()
      overlay.move(to: try view.root())
      return nil
    }
  }

  private func dropCaches() throws(Errno) {
    let file = try Descriptor.currentDirectory.open("/proc/sys/vm/drop_caches", [.writeOnly])
    try file.borrowed.write(Array("2".utf8))
  }

  /// After the last operation: the trees, again after a remount, and every step from the store.
  private func finish(_ plain: Side, _ overlay: Side, _ view: View) throws -> String? {
    identity = (0, 0)
    if isRoot { cd_act_as(0, 0) }
    if let text = compare(plain, overlay) { return "at the end:\n\(text)" }
    plain.closeAll()
    overlay.closeAll()
    if let text = compare(plain, overlay) { return "after closing everything:\n\(text)" }
    _ = try boundary(plain, overlay, view)
    _ = try remount(plain, overlay, view)
    if let text = compare(plain, overlay) { return "after the last remount:\n\(text)" }
    overlay.move(to: OwnedDescriptor(owning: -1))
    try view.quit()
    let state = try open(place.state)
    let lower = try open(place.lower)
    let reader = try SessionReader(directory: state.borrowed)
    for (step, image) in recorded {
      let saved = try seeingAll {
        try SavedImage.read(reader, at: StepID(step), lower: lower.borrowed)
      }
      if let text = image.difference(from: saved, "seen then", "in the store") {
        return "step \(step) is not what was seen:\n\(text)"
      }
    }
    return nil
  }
}
