import CDifferential
import CLinux
import Glibc
import Linux

/// One of the two trees that the same operations are made on, with the files open in it.
final class Side {
  let name: String
  private(set) var root: OwnedDescriptor
  private(set) var slots = [Int32](repeating: -1, count: Side.slotCount)
  static let slotCount = 8

  init(_ name: String, root: consuming OwnedDescriptor) {
    self.name = name
    self.root = root
  }

  deinit { closeAll() }

  func closeAll() {
    for slot in slots.indices { setSlot(slot, -1) }
  }

  /// Goes on in another directory, that of the same tree after it was mounted again.
  func move(to other: consuming OwnedDescriptor) { root = other }

  /// Lets go of a slot whose descriptor somebody else closes.
  func forget(_ slot: Int) { slots[slot] = -1 }

  func setSlot(_ slot: Int, _ descriptor: Int32) {
    if slots[slot] >= 0 { _ = Glibc.close(slots[slot]) }
    slots[slot] = descriptor
  }

  /// The open file of a slot; EBADF when there is none.
  func descriptor(_ slot: Int) throws(Errno) -> Descriptor {
    guard slots[slot] >= 0 else { throw .badDescriptor }
    return Descriptor(slots[slot])
  }

  /// Makes the call and says what came of it.
  func perform(_ operation: Operation) -> Outcome {
    do throws(Errno) {
      return Outcome(failure: nil, text: try run(operation) ?? "")
    } catch {
      return Outcome(failure: error, text: "")
    }
  }

  private func run(_ operation: Operation) throws(Errno) -> String? {
    if let text = try runOnNames(operation) { return text }
    if let text = try runOnOpen(operation) { return text }
    if let text = try runOnContent(operation) { return text }
    return try runOnAttributes(operation)
  }

  /// Calls with a path as C has it.
  func at(_ path: Path, _ call: (UnsafePointer<CChar>) -> Int32) throws(Errno) {
    _ = try path.bytes.withCString { path throws(Errno) in try check { call(path) } }
  }
}

/// The time that separates what was set from what the clock said: 2024, before any test ran.
let clockEpoch = Timestamp(nanoseconds: 1_704_067_200_000_000_000)

/// A time as far as two trees must agree on it.
func comparable(_ time: Timestamp) -> String {
  time < clockEpoch ? String(time.nanoseconds) : "now"
}

extension FileStatus {
  /// All of a status that two equal trees have alike.
  var comparable: String {
    let ids = "\(String(raw.st_mode, radix: 8)) \(owner):\(group)"
    let time = Differential.comparable(modified)
    if kind == .directory { return "\(ids) links=\(linkCount) mtime=\(time)" }
    // Writing to a FIFO moves its time on ext4; through FUSE the kernel tells nobody of it.
    if kind == .fifo { return "\(ids) links=\(linkCount)" }
    return "\(ids) links=\(linkCount) size=\(size) mtime=\(time)"
  }
}
