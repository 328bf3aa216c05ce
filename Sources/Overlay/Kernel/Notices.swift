import CFuse
import Linux

/// What the kernel is to be told: to ask for something again.
enum Notice: Hashable {
  case name(ByteString, in: Slot)
  /// A name that leads nowhere until it is asked for, so that what it led to may be forgotten.
  case forgottenName(ByteString, in: Slot)
  case inode(Slot)
  /// Everything that it knows of the lower.
  case everything
}

/// The thread that tells the kernel what others must not wait to tell.
///
/// Telling of a name waits for its directory, and who holds that may wait for a worker.
final class Notices: @unchecked Sendable {
  // Invariant: everything but `thread` is guarded by `condition`.
  private let condition = Condition()
  private var waiting: Set<Notice> = []
  /// What is told once more, since the last turn and since the one before it.
  private var young: Set<Notice> = []
  private var old: Set<Notice> = []
  private var turn: Int64 = 0
  private var isOver = false
  private var thread: Thread?

  /// How long, in nanoseconds, the answer to a lookup may be on its way.
  private static let patience: Int64 = 200_000_000

  func start(for system: FileSystem) throws(Errno) {
    thread = try Thread.start { [self] in
      while let notices = next() { for notice in notices { system.tell(notice) } }
    }
  }

  func stop() {
    condition.change { isOver = true }
    thread?.join()
    thread = nil
  }

  /// Has something told as soon as may be.
  func tell(_ notice: Notice) {
    condition.change { waiting.insert(notice) }
  }

  /// Has something told once more, between one patience and two from now.
  ///
  /// A lookup that was answered before the change may reach the kernel behind the first telling, and
  /// would then be believed for a day (fuse_dentry_revalidate).
  func tellAgain(_ notice: Notice) {
    condition.lock()
    defer { condition.unlock() }
    if young.isEmpty && old.isEmpty {
      turn = Worker.now + Self.patience
      condition.wake()
    }
    young.insert(notice)
  }

  private func next() -> Set<Notice>? {
    condition.lock()
    defer { condition.unlock() }
    while !isOver {
      let hasLater = !young.isEmpty || !old.isEmpty
      let now = hasLater ? Worker.now : 0
      if hasLater && now >= turn {
        waiting.formUnion(old)
        (old, young, turn) = (young, [], now + Self.patience)
      }
      if !waiting.isEmpty {
        defer { waiting = [] }
        return waiting
      }
      if hasLater { condition.wait(atMost: turn - now) } else { condition.wait() }
    }
    return nil
  }
}

extension FileSystem {
  fileprivate func tell(_ notice: Notice) {
    switch notice {
    case .name(let name, let parent):
      // The place may be another one's by now.
      let isDirectory = tree.lock.with {
        inodes.isUsed(UInt64(parent)) && inodes[parent].pointee.kind == .directory
      }
      if isDirectory { name.withCString { tellNameChanged(Name($0), in: parent) } }
    case .forgottenName(let name, let parent):
      _ = name.withCString {
        fuse_lowlevel_notify_inval_entry(session, fuse_ino_t(parent), $0, name.count)
      }
    case .inode(let slot): tellInodeChanged(slot)
    case .everything: forgetEverythingCached()
    }
  }
}
