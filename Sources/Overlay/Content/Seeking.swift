import CFuse
import CLinux
import Glibc
import Linux
import Store

/// The thread that answers where data and holes are.
///
/// The kernel asks without writing back what it has cached (fuse_lseek), so that data would be
/// taken for holes. This thread makes it write back first, and must be no worker: the kernel's
/// writes come to the workers meanwhile.
final class Seeking: @unchecked Sendable {
  /// A question, and the device through which its answer must go.
  struct Question {
    let request: fuse_req_t
    let device: Int32
    let slot: Slot
    let offset: Int64
    let whence: Int32
  }

  // Invariant: `waiting` and `isOver` are guarded by `condition`.
  private let condition = Condition()
  private var waiting: [Question] = []
  private var isOver = false
  private var thread: Thread?

  func start(for system: FileSystem) throws(Errno) {
    thread = try Thread.start { [self] in run(system) }
  }

  func ask(_ question: Question) {
    condition.change { waiting.append(question) }
  }

  func stop() {
    condition.change { isOver = true }
    thread?.join()
    thread = nil
  }

  private func run(_ system: FileSystem) {
    let worker = Worker(Devices(patient: -1, eager: -1))
    cl_set_thread_context(Unmanaged.passUnretained(worker).toOpaque())
    defer { cl_set_thread_context(nil) }
    while let question = next() {
      worker.device = question.device
      // Where the inode is gone nothing of it is cached either.
      system.tellInodeChanged(question.slot)
      system.answer(Reply(question.request), question)
    }
  }

  private func next() -> Question? {
    condition.lock()
    defer { condition.unlock() }
    while waiting.isEmpty && !isOver { condition.wait() }
    return waiting.isEmpty ? nil : waiting.removeFirst()
  }
}

extension FileSystem {
  /// Answers later, by the thread that may wait for the kernel's writes.
  func seek(_ request: fuse_req_t, _ id: fuse_ino_t, _ offset: Int64, _ whence: Int32) {
    do throws(Errno) {
      let slot = try slot(id)
      guard let worker = Worker.current else { throw .io }
      seeking.ask(
        Seeking.Question(
          request: request, device: worker.device, slot: slot, offset: offset, whence: whence))
    } catch { Reply(request).fail(error) }
  }

  fileprivate func answer(_ reply: consuming Reply, _ question: Seeking.Question) {
    do throws(Errno) {
      reply.send(offset: try seek(question.slot, question.offset, question.whence))
    } catch { reply.fail(error) }
  }

  /// The next data or hole of a place, as far as the server has its content.
  private func seek(_ slot: Slot, _ offset: Int64, _ whence: Int32) throws(Errno) -> Int64 {
    switch source(of: slot) {
    case .lower:
      let content = try openContent(slot)
      return try content.descriptor.seek(offset, whence: whence)
    case .object(_, let size):
      guard offset >= 0, offset < size else { throw .noDevice }
      let content = try openContent(slot)
      let found = try content.descriptor.seek(offset, whence: whence)
      if whence == SEEK_DATA && found >= size { throw .noDevice }
      return min(found, size)
    case .nothing:
      let size = tree.lock.with { inodes[slot].pointee.liveNode?.row.size ?? 0 }
      guard offset >= 0, offset < size, whence == SEEK_HOLE else { throw .noDevice }
      return offset
    case .partial(_, let node):
      let (size, extents, limit) = tree.lock.with { (node.row.size, node.extents, node.lowerSize) }
      guard offset >= 0, offset < size else { throw .noDevice }
      let found =
        try whence == SEEK_DATA
        ? data(slot, from: offset, size, extents, limit)
        : hole(slot, from: offset, size, extents, limit)
      guard let found else { throw .noDevice }
      return found
    }
  }

  /// The first data of a partial object behind an offset; nil: there is only a hole.
  private func data(
    _ slot: Slot, from offset: Int64, _ size: Int64, _ extents: ExtentMap, _ limit: Int64
  ) throws(Errno) -> Int64? {
    var at = offset
    while at < size {
      let part = extents.part(from: at, to: size)
      if let found = try dataExtent(slot, from: at, part, limit) { return found.lowerBound }
      at = part.end
    }
    return nil
  }

  /// The first hole of a partial object behind an offset; the end counts as one.
  private func hole(
    _ slot: Slot, from offset: Int64, _ size: Int64, _ extents: ExtentMap, _ limit: Int64
  ) throws(Errno) -> Int64? {
    var at = offset
    while at < size {
      let part = extents.part(from: at, to: size)
      guard let found = try dataExtent(slot, from: at, part, limit), found.lowerBound == at else {
        return at
      }
      at = found.upperBound
    }
    return size
  }

  /// The next data within one part of a partial object, in the file that has the part.
  private func dataExtent(
    _ slot: Slot, from offset: Int64, _ part: (end: Int64, isOwn: Bool), _ limit: Int64
  ) throws(Errno) -> Range<Int64>? {
    if part.isOwn {
      let object = try openContent(slot)
      return try object.descriptor.dataExtent(from: offset, limit: part.end)
    }
    guard offset < limit else { return nil }
    let lower = try lowerContent(slot)
    return try lower.descriptor.dataExtent(from: offset, limit: min(part.end, limit))
  }
}
