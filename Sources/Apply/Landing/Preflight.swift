import Changes
import Glibc
import Linux

/// What can be known before the first write: whether there is room, and whether the user may.
struct Preflight {
  let root: Descriptor
  let lower: LowerTree

  /// Refuses a schedule that the project's file systems or permissions would end halfway.
  func check(_ schedule: Schedule) throws {
    try checkRoom(schedule)
    try checkPermissions(schedule)
  }

  private func checkRoom(_ schedule: Schedule) throws {
    for (stage, needed) in schedule.byteCounts {
      let place = schedule.stages[stage].parent
      let free = try attempt("ask for free space") { () throws(Errno) in
        let opened = try root.open(beneath: place, [.directory])
        return try opened.borrowed.freeSpace()
      }
      guard needed < free else { throw ApplyError.noRoom(needed: needed, free: free) }
    }
  }

  /// Every directory in which a name comes or goes, and every file that is written in place.
  private func checkPermissions(_ schedule: Schedule) throws {
    var parents: Set<ByteString> = Set(schedule.stages.map(\.parent))
    for operation in schedule.takes + schedule.puts { parents.insert(operation.path.parent) }
    var refused: [ByteString] = []
    var reason = Errno.accessDenied
    for path in parents.sorted() {
      // What is made by the apply itself is not there yet.
      guard try lower.status(path)?.kind == .directory else { continue }
      do throws(Errno) {
        let opened = try root.open(beneath: path, [.directory, .path])
        try opened.borrowed.requireAccess(to: ".", W_OK | X_OK)
      } catch {
        refused.append(path)
        reason = error
      }
    }
    for case .overwrite(_, _, let path, _) in schedule.overwrites {
      // In a slot it is only once the names of the project were taken.
      guard try lower.status(path) != nil else { continue }
      do throws(Errno) {
        let opened = try root.open(beneath: path.parent, [.directory, .path])
        try opened.borrowed.requireAccess(to: path.lastComponent, W_OK)
      } catch {
        refused.append(path)
        reason = error
      }
    }
    guard refused.isEmpty else { throw ApplyError.notPermitted(refused, reason) }
  }
}
