import CFuse
import Glibc
import Linux
import Through

/// A live directory as a mount: every request goes to the real files, through its undo log.
///
/// The kernel is let trust nothing: others may change the directory at any time.
package final class LiveFileSystem: @unchecked Sendable {
  // Invariant: `mounted` and `loop` are set before the first request and cleared after the last.
  let tree: LiveTree
  private var mounted: OpaquePointer?
  private var loop: Thread?
  private let ending: OwnedDescriptor
  /// Readable once the kernel has ended the connection.
  package var ended: Descriptor { ending.borrowed }

  /// A file system over a live directory.
  package init(_ tree: LiveTree) throws(Errno) {
    self.tree = tree
    ending = try .event()
  }

  /// Mounts it at a directory and serves it; `source` is what the table of mounts says it shows.
  package func mount(
    _ source: String, at point: ByteString, allowsOthers: Bool, isReadOnly: Bool
  ) throws(Errno) {
    var options = "fsname=\(source),subtype=cowbox,default_permissions"
    if allowsOthers { options += ",allow_other" }
    if isReadOnly { options += ",ro" }
    var operations = Self.operations()
    let given: [String] = ["cowbox", "-o", options]
    var words = given.map { strdup($0) as UnsafeMutablePointer<CChar>? }
    defer { for word in words { free(word) } }
    let made = words.withUnsafeMutableBufferPointer { words in
      var arguments = fuse_args(argc: Int32(words.count), argv: words.baseAddress, allocated: 0)
      return fuse_new(
        &arguments, &operations, MemoryLayout<fuse_operations>.size,
        Unmanaged.passUnretained(self).toOpaque())
    }
    guard let made else { throw .noMemory }
    guard point.withCString({ fuse_mount(made, $0) }) == 0 else {
      fuse_destroy(made)
      throw .notPermitted
    }
    mounted = made
    loop = try Thread.start { [self] in
      serve()
      ending.borrowed.raiseEvent()
    }
  }

  private func serve() {
    let settings = fuse_loop_cfg_create()
    defer { fuse_loop_cfg_destroy(settings) }
    // Whatever it answers, the connection is over.
    _ = fuse_loop_mt(mounted, settings)
  }

  /// Ends the mount, also one that somebody still stands in.
  package func unmount() {
    guard let mounted else { return }
    fuse_unmount(mounted)
    var set = PollSet()
    set.add(ended)
    // Who keeps a file open keeps the connection, which then ends with this process.
    guard (try? set.wait(milliseconds: 1000)) == true else { return }
    loop?.join()
    fuse_destroy(mounted)
    self.mounted = nil
  }

  /// Runs what a request asks for; the number that libfuse wants.
  static func answer(_ body: (LiveFileSystem) throws(Errno) -> Int) -> Int32 {
    guard let context = fuse_get_context(), let own = context.pointee.private_data else {
      return -EIO
    }
    let system = Unmanaged<LiveFileSystem>.fromOpaque(own).takeUnretainedValue()
    do throws(Errno) { return Int32(clamping: try body(system)) } catch { return -error.rawValue }
  }

  /// Runs a change of something that has a name.
  static func change(
    _ path: UnsafePointer<CChar>?, _ body: (LiveTree, ByteString) throws(Errno) -> Void
  ) -> Int32 {
    answer { system throws(Errno) in
      guard let path else { throw .stale }
      try body(system.tree, relative(path))
      return 0
    }
  }

  /// A path as the tree has it: without the slash that libfuse begins it with.
  static func relative(_ path: UnsafePointer<CChar>) -> ByteString {
    ByteString(cString: path + 1)
  }

  /// Who asks, where it may be somebody else than who serves.
  static var maker: LiveTree.Maker? {
    guard Process.user == 0, let context = fuse_get_context()?.pointee else { return nil }
    return LiveTree.Maker(owner: context.uid, group: context.gid)
  }
}
