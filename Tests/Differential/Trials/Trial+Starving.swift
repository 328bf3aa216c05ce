import CLinux
import Glibc
import Linux

extension Trial {
  /// Lets an operation come upon a full disk: it is done, as without one, or refused with ENOSPC and
  /// then not done at all.
  func starve(_ operation: Operation, _ plain: Side, _ overlay: Side, _ view: View) throws
    -> String?
  {
    if case .starve = operation { return nil }
    // What is cached and waits for the disk would be lost to a failure that is nobody's here.
    for slot in 0..<Side.slotCount { try? overlay.descriptor(slot).synchronize() }
    guard try asKeeper({ try place.fillStore() }) else {
      return try perform(operation, plain, overlay, view)
    }
    let before = operation.writtenSlot.flatMap { try? OpenState(overlay.descriptor($0)) }
    let found = attempt(operation, overlay)
    try asKeeper {
      try place.emptyStore()
      // Writing everything is how the store finds out that there is room again.
      try overlay.root.borrowed.synchronize()
      // The kernel tells syncfs(2) of a refused write once more; that is known already.
      _ = syncfs(overlay.root.borrowed.raw)
    }
    if found.failure == .noSpace {
      // A write that was refused half way is made again, whole. One that the kernel took and could
      // not pass on has moved the file's end and the position.
      if let before, let slot = operation.writtenSlot {
        try before.restore(overlay.descriptor(slot))
      }
      return try perform(operation, plain, overlay, view).map { "after ENOSPC: \($0)" }
    }
    let expected = plain.perform(operation)
    if expected.failure == found.failure, agree(expected.text, found.text) { return nil }
    return ".\(operation) on a full disk\nplain: \(expected)\noverlay: \(found)"
  }

  /// The outcome with what the kernel had cached of it written.
  private func attempt(_ operation: Operation, _ side: Side) -> Outcome {
    let outcome = side.perform(operation)
    guard outcome.failure == nil, let slot = operation.writtenSlot else { return outcome }
    do throws(Errno) {
      try side.descriptor(slot).synchronize()
      return outcome
    } catch { return Outcome(failure: error, text: "") }
  }
}

/// What of an open file a write moves.
private struct OpenState {
  let size: Int64
  let position: off_t

  init(_ file: Descriptor) throws(Errno) {
    size = try file.status().size
    let raw = file.raw
    position = try check { lseek(raw, 0, SEEK_CUR) }
  }

  func restore(_ file: Descriptor) throws(Errno) {
    if try file.status().size != size { try file.truncate(to: size) }
    let (raw, position) = (file.raw, position)
    try check { lseek(raw, position, SEEK_SET) }
  }
}

extension Operation {
  /// The slot whose file it writes to through the kernel's cache.
  fileprivate var writtenSlot: Int? {
    switch self {
    case .write(let slot, _, _, _), .mapWrite(let slot, _, _, _): slot
    case .copyRange(_, _, let slot, _, _): slot
    default: nil
    }
  }
}

extension Workspace {
  private var filler: ByteString { state.appending("filler") }

  /// Lets the store live on a small file system of its own.
  func limitStore(to bytes: Int) throws(Errno) {
    try state.withCString { path throws(Errno) in
      _ = try check { Glibc.mount("none", path, "tmpfs", 0, "size=\(bytes),mode=755") }
    }
  }

  /// Takes all the space that the store's file system has left; false: it is too large for that.
  func fillStore() throws(Errno) -> Bool {
    var space = statvfs()
    try state.withCString { path throws(Errno) in _ = try check { statvfs(path, &space) } }
    guard UInt64(space.f_blocks) * UInt64(space.f_frsize) <= 256 << 20 else { return false }
    let file = try Descriptor.currentDirectory.open(filler, [.create, .writeOnly], mode: 0o600)
    var size: Int64 = 0
    for step: Int64 in [1 << 20, 1 << 16, 4096] {
      while true {
        do throws(Errno) {
          try file.borrowed.allocate(mode: 0, at: size, count: step)
        } catch .noSpace {
          break
        }
        size += step
      }
    }
    return true
  }

  /// Gives it back.
  func emptyStore() throws(Errno) {
    try Descriptor.currentDirectory.remove(filler)
  }
}
