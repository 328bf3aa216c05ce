import CLinux
import Linux
import Sandbox

/// A mount of cowbox's in the namespace of this process, as the table of mounts tells it.
package struct FoundMount: Sendable {
  package let point: ByteString
  /// The session it shows.
  package let session: SessionName

  /// What the table of mounts calls the source of a session's mount.
  static func source(_ session: SessionName) -> String { "cowbox:\(session)" }

  /// The user's own mounts of cowbox; nobody else's is looked at.
  package static func all() throws -> [FoundMount] {
    let own = ByteString("user_id=\(Process.user)")
    return try MountEntry.all().compactMap { entry in
      guard entry.type == "fuse.cowbox", entry.options.contains(own),
        let source = entry.source.string, source.hasPrefix("cowbox:"),
        let session = SessionName(String(source.dropFirst("cowbox:".count)))
      else { return nil }
      return FoundMount(point: entry.point, session: session)
    }
  }

  /// Refuses to show a directory in the session that shows it: it would look at itself.
  static func refuseLoop(_ directory: ByteString, in session: SessionName) throws {
    let around = try all().filter { directory.isWithin($0.point) }.max {
      $0.point.count < $1.point.count
    }
    guard around?.session == session else { return }
    throw SessionError(
      "'\(directory.printable)' is session \(session)'s own view, which can't show itself",
      hint: "go to the directory that it shows, or begin another session with --new", kind: .usage)
  }

  /// Whether nobody serves it any more; only a dead connection says ENOTCONN.
  ///
  /// The kernel answers stat(2) of a mount from what it has cached, dead or not; this it never does.
  package var isStale: Bool {
    do throws(Errno) {
      try Process.askFileSystem(at: point)
      return false
    } catch { return error == .notConnected }
  }

  /// Takes it out of the way.
  package func detach() throws {
    do throws(Errno) { try Process.detachMount(at: point) } catch .notPermitted {
      // Only root may by itself; the helper asks whose mount it is.
      let status = try HelperProgram.run(["fusermount3", "-u", "-z", "--", point])
      guard status != 0 else { return }
      throw SessionError(
        "cannot detach '\(point.printable)'",
        hint: "'fusermount3 -u -z \(point.printable)' says why")
    } catch { throw SystemError("unmount", point, error) }
  }

  /// Detaches what keepers that were killed have left behind at a directory, or around it.
  package static func detachStale(around directory: ByteString) throws {
    for mount in try all() where directory.isWithin(mount.point) && mount.isStale {
      try mount.detach()
    }
  }

  /// Detaches all that keepers that were killed have left behind.
  package static func detachStale() throws {
    for mount in try all() where mount.isStale { try mount.detach() }
  }
}
