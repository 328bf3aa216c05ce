import Glibc
import Linux

/// The host's files as the streams of commands: what was given to be read can't be changed.
///
/// A descriptor keeps the mount by which it was opened, whatever the view is. Whoever owns the file
/// may change its mode, times and attributes by it, though it was opened for reading, and may open it
/// for writing by /proc/self/fd. So a command gets the same file opened by a copy of the host's mounts
/// that is read-only.
final class GivenStreams {
  /// The host's root, mounted read-only and nowhere.
  private let hostFiles: OwnedDescriptor
  /// Where a stream has two open files, the given one is to move as the shown one did.
  private var offsets: [ProcessNumber: [Pair]] = [:]

  private struct Pair {
    let given: Int32
    let shown: Int32
  }

  init(hostFiles: consuming OwnedDescriptor) { self.hostFiles = hostFiles }

  deinit { for number in offsets.keys { moved(by: number) } }

  /// What the command gets in the place of its streams; `close` ends what is ours of it.
  func show(_ streams: [Descriptor], to number: ProcessNumber) throws(SpawnError) -> [Descriptor] {
    var shown: [Descriptor] = []
    for stream in streams {
      do throws(SpawnError) { shown.append(try show(stream, to: number)) } catch {
        close(shown, besides: streams)
        throw error
      }
    }
    return shown
  }

  /// Closes what `show` has opened.
  func close(_ shown: [Descriptor], besides streams: [Descriptor]) {
    for (stream, given) in zip(shown, streams) where stream.raw != given.raw {
      _ = OwnedDescriptor(owning: stream.raw)
    }
  }

  /// A command has ended: who reads on after it goes on where it stopped.
  func moved(by number: ProcessNumber) {
    for pair in offsets.removeValue(forKey: number) ?? [] {
      // Failure does not matter: what has no offset has nothing to go on with.
      if let place = try? Descriptor(pair.shown).seek(0, whence: SEEK_CUR) {
        _ = try? Descriptor(pair.given).seek(place, whence: SEEK_SET)
      }
      for raw in [pair.given, pair.shown] { _ = OwnedDescriptor(owning: raw) }
    }
  }

  private func show(_ stream: Descriptor, to number: ProcessNumber) throws(SpawnError) -> Descriptor
  {
    var path: ByteString?
    do throws(Errno) {
      let status = try stream.status()
      guard Self.isToSeal(stream, status) else { return stream }
      let found = try Descriptor.currentDirectory.symlinkTarget(stream.procPath)
      path = found
      guard let other = try reopen(stream, status, found) else {
        if Self.mayChange(stream, status) { throw .stale }
        return stream
      }
      if status.kind == .regular { try follow(stream, other.borrowed, number) }
      return Descriptor(other.release())
    } catch { throw SpawnError(.streams, error, path) }
  }

  /// Files to read, and devices whose opening does nothing.
  private static func isToSeal(_ stream: Descriptor, _ status: FileStatus) -> Bool {
    switch status.kind {
    case .regular: !stream.isWritable && status.linkCount > 0
    // /dev/null and its like, consoles, and terminals (Documentation/admin-guide/devices.txt).
    case .characterDevice: [1, 4].contains(status.major) || (136...143).contains(status.major)
    default: false
    }
  }

  /// Opens what is at a path as the stream was, if it is the same file.
  private func reopen(
    _ stream: Descriptor, _ status: FileStatus, _ path: ByteString
  ) throws(Errno) -> OwnedDescriptor? {
    let kept: OpenFlags = [.access, .append, .nonBlocking]
    let flags = try stream.openFlags().intersection(kept).union(.noTerminal)
    do {
      let relative = ByteString(path.bytes.drop { $0 == 0x2F })
      let other = try hostFiles.borrowed.open(beneath: relative, flags)
      let found = try other.borrowed.status()
      guard found.inode == status.inode && found.device == status.device else { return nil }
      return other
    } catch {
      // Renamed meanwhile, or out of the caller's reach.
      return nil
    }
  }

  /// Whether the caller may change the file, by ownership or by its mode.
  private static func mayChange(_ stream: Descriptor, _ status: FileStatus) -> Bool {
    guard status.kind == .regular else { return false }
    if status.owner == Process.user { return true }
    do {
      try Descriptor.currentDirectory.requireAccess(to: stream.procPath, W_OK)
      return true
    } catch { return false }
  }

  private func follow(
    _ given: Descriptor, _ shown: Descriptor, _ number: ProcessNumber
  ) throws(Errno) {
    _ = try shown.seek(given.seek(0, whence: SEEK_CUR), whence: SEEK_SET)
    let (first, second) = (try given.duplicate().release(), try shown.duplicate().release())
    offsets[number, default: []].append(Pair(given: first, shown: second))
  }
}
