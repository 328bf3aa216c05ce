import CDifferential
import Glibc
import Linux
import Through

/// A live directory whose keeper is killed at system call after system call.
///
/// Whenever it dies, the directory is as it was before or after one of the operations, and taking
/// back all steps brings back what there was at first.
package struct LiveTrial: Sendable {
  let seed: UInt64
  let operations: [LiveOperation]
  /// Every how many borders of system calls it is killed.
  let stride: Int
  var base: ByteString = "/var/tmp"

  /// A trial of a sequence that a seed decides.
  package init(seed: UInt64, operations count: Int, stride: Int, directory: String? = nil) {
    self.seed = seed
    operations = LiveOperation.sequence(seed, count)
    self.stride = max(1, stride)
    if let directory { base = ByteString(directory) }
  }

  /// What is wrong, in words, and how often it was killed; nil words: nothing is.
  package func run() throws -> (finding: String?, kills: Int) {
    let states = try expected()
    var (border, kills) = (1 + Int(seed % UInt64(stride)), 0)
    while true {
      let place = try LivePlace(in: base)
      defer { place.remove() }
      guard try killed(at: border, place) else { return (try unharmed(place, states), kills) }
      kills += 1
      if let text = try judge(place, states) {
        return ("seed \(seed), killed at border \(border): \(text)", kills)
      }
      border += stride
    }
  }

  /// The directory after each operation, when nobody disturbs it.
  private func expected() throws -> [Sketch] {
    let place = try LivePlace(in: base)
    defer { place.remove() }
    let tree = try place.tree()
    var (step, states) = (Int64(1), [try place.sketch()])
    for operation in operations {
      if case .save(let path, let seed) = operation {
        // It is two operations for who dies in its middle: the file beside, then the rename.
        let beside = path.parent.appending(".new")
        LiveOperation.create(beside, seed: seed, count: 300).perform(on: tree, step: &step)
        states.append(try place.sketch())
        do throws(Errno) { try tree.rename(beside, to: path, []) } catch {
          // As when it is killed: refused.
        }
      } else {
        operation.perform(on: tree, step: &step)
      }
      states.append(try place.sketch())
    }
    return states
  }

  /// Makes the operations in a process that dies at a border; false: it came to its end before.
  private func killed(at border: Int, _ place: LivePlace) throws -> Bool {
    let child = try check { fork() }
    if child == 0 {
      guard cd_let_trace() == 0, let tree = try? place.tree() else { Glibc._exit(1) }
      var step: Int64 = 1
      for operation in operations { operation.perform(on: tree, step: &step) }
      Glibc._exit(0)
    }
    var status: Int32 = 0
    try check { waitpid(child, &status, 0) }
    for _ in 0..<border where cd_next_call(child) != 1 { return false }
    kill(child, SIGKILL)
    try check { waitpid(child, &status, 0) }
    return true
  }

  /// After the last border nothing was killed: all of it must be there, and go back.
  private func unharmed(_ place: LivePlace, _ states: [Sketch]) throws -> String? {
    guard try place.sketch() == states.last else { return "the whole sequence came out otherwise" }
    return try takeBack(place, states)
  }

  private func judge(_ place: LivePlace, _ states: [Sketch]) throws -> String? {
    let now = try place.sketch()
    guard states.contains(where: { $0.isSame(as: now, creating: true) }) else {
      return "it is as it never was:\n\(now.text)"
    }
    return try takeBack(place, states)
  }

  private func takeBack(_ place: LivePlace, _ states: [Sketch]) throws -> String? {
    let tree = try place.tree()
    let steps = try tree.changingSteps()
    try tree.beginStep(1_000_000)
    for step in steps.reversed() {
      do throws(BackError) { _ = try tree.takeBack(step, force: false) } catch {
        return "step \(step) can't be taken back: \(error)"
      }
    }
    let now = try place.sketch()
    guard let first = states.first, now == first else {
      return "taken back it is not what it was:\n\(now.text)\nbut was:\n\(states[0].text)"
    }
    return nil
  }
}

/// A live directory and its log, for one run.
private struct LivePlace {
  let path: ByteString
  var project: ByteString { path.appending("project") }

  init(in base: ByteString) throws {
    var template = base.appending("cowbox-live.XXXXXX").bytes.map { CChar(bitPattern: $0) } + [0]
    guard mkdtemp(&template) != nil else { throw Errno.last }
    path = template.withUnsafeBufferPointer { text in
      text.baseAddress.map { ByteString(cString: $0) } ?? ByteString([])
    }
    let here = Descriptor.currentDirectory
    try here.makeDirectory(project, mode: 0o755)
    try here.makeDirectory(path.appending("session"), mode: 0o755)
    let time = Timestamp(nanoseconds: 1_600_000_000_123_456_789)
    for (name, content) in LiveOperation.start {
      let place = project.appending(name)
      guard let content else {
        try here.makeDirectory(place, mode: 0o755)
        continue
      }
      let file = try here.open(place, [.writeOnly, .create, .exclusive], mode: 0o644)
      try file.borrowed.write(Array(content.utf8))
      try file.borrowed.setTimes(accessed: time, modified: time)
    }
  }

  func tree() throws(Errno) -> LiveTree {
    let here = Descriptor.currentDirectory
    let session = try here.open(path.appending("session"), [.directory])
    return try LiveTree(here.open(project, [.path, .directory]), session: session.borrowed)
  }

  func sketch() throws -> Sketch {
    var sketch = Sketch()
    let top = try Descriptor.currentDirectory.open(project, [.directory])
    try sketch.add(top.borrowed, at: ByteString([]))
    return sketch
  }

  func remove() { Workspace.remove(path, isDirectory: true) }
}

/// What a program would see of a tree: kinds, modes, links and contents.
struct Sketch: Equatable {
  private var lines: [ByteString: String] = [:]

  var text: String {
    lines.sorted { $0.key < $1.key }.map { "  \($0.key.printable) \($0.value)" }
      .joined(separator: "\n")
  }

  /// Whether another one shows the same; a file that is just being made may still be empty.
  func isSame(as other: Sketch, creating: Bool) -> Bool {
    if self == other { return true }
    let differing = Set(lines.keys).union(other.lines.keys).filter { lines[$0] != other.lines[$0] }
    guard creating, differing.count == 1, let path = differing.first else { return false }
    return other.lines[path]?.hasSuffix("new") == true
  }

  mutating func add(_ directory: Descriptor, at path: ByteString) throws {
    for name in try directory.entryNames() {
      let inner = path.appending(name)
      let status = try directory.status(of: name)
      let mode = String(status.permissions, radix: 8)
      switch status.kind {
      case .directory:
        lines[inner] = "directory \(mode)"
        let opened = try directory.open(name, [.directory, .noFollow])
        try add(opened.borrowed, at: inner)
      case .regular:
        let file = try directory.open(name, [.readOnly, .noFollow])
        let bytes = try file.borrowed.readAll(limit: 1 << 24)
        lines[inner] =
          bytes.isEmpty && status.linkCount == 1 && mode == "644"
          ? "file new" : "file \(mode) \(status.linkCount) \(fingerprint(bytes))"
      case .symlink: lines[inner] = "symlink \(try directory.symlinkTarget(name).printable)"
      default: lines[inner] = "\(status.kind) \(mode)"
      }
    }
  }
}
