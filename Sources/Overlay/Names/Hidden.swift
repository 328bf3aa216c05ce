import CFuse
import Linux

/// The paths of the lowers that the view never shows, whatever the host does to them meanwhile.
///
/// A mount over a secret is not enough: when the host replaces the file, the kernel drops the name
/// it knew and unmounts what covered it.
package struct HiddenPaths: Sendable {
  /// By the index of the root: paths relative to it.
  private var paths: [Set<ByteString>] = []
  /// Whether some hidden name has this sum, so that other names cost one look.
  private var sums = [Bool](repeating: false, count: 256)
  /// What else the hidden files are called.
  private let links: SecretLinks
  /// Who asked for a hidden name, and how often.
  package let looks = HiddenLooks()

  /// No path at all.
  package init() { links = SecretLinks(paths: []) }

  /// The absolute paths that lie in one of the roots, in the order of the lowers.
  package init(_ absolute: [ByteString], roots: [ByteString]) {
    links = SecretLinks(paths: absolute)
    paths = roots.map { root in
      Set(
        absolute.filter { $0 != root && $0.isWithin(root) }.map { $0.relative(to: root) })
    }
    for path in paths.joined() {
      path.lastComponent.bytes.withUnsafeBufferPointer { sums[Self.sum($0)] = true }
    }
  }

  /// Whether a name could be hidden; most could not.
  func mayHide(_ name: UnsafeBufferPointer<UInt8>) -> Bool { sums[Self.sum(name)] }

  /// Whether a path of a root is hidden.
  func contains(_ path: ByteString, root: Int) -> Bool {
    root < paths.count && paths[root].contains(path)
  }

  /// Whether a lower file with several names is one of the hidden files by another name.
  func isOtherName(_ status: FileStatus) -> Bool { links.contain(status) }

  private static func sum(_ name: UnsafeBufferPointer<UInt8>) -> Int {
    guard let last = name.last else { return 0 }
    return Int(UInt8(truncatingIfNeeded: name.count) &* 37 &+ last &* 5 &+ name[name.count / 2])
  }
}

extension FileSystem {
  /// The hidden paths that programs asked for so far, and how often.
  package var hiddenLooks: [ByteString: Int] { options.hidden.looks.all }

  /// Whether the lower's name in the directory at a place is one that the view never shows.
  func isHidden(_ name: UnsafeBufferPointer<UInt8>, in parent: Slot) -> Bool {
    options.hidden.mayHide(name) && contains(name, in: parent, options.hidden)
      || isDenied(name, in: parent)
  }

  /// Whether nobody may see or make a name in the directory at a place.
  func isDenied(_ name: UnsafeBufferPointer<UInt8>, in parent: Slot) -> Bool {
    options.denied.mayHide(name) && contains(name, in: parent, options.denied)
  }

  private func contains(
    _ name: UnsafeBufferPointer<UInt8>, in parent: Slot, _ paths: HiddenPaths
  ) -> Bool {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    guard let directory = lowerPath(of: parent) else { return false }
    let root = Int(inodes[parent].pointee.root)
    return paths.contains(directory.appending(ByteString(name)), root: root)
  }

  /// Refuses a file whose name has none of the endings that are allowed.
  func admit(_ kind: FileKind, named name: Name) throws(Errno) {
    guard kind == .regular, !options.allowedExtensions.isEmpty else { return }
    let parts = name.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count > 1, let last = parts.last,
      options.allowedExtensions.contains(ByteString(last))
    else { throw .notPermitted }
  }

  /// Whether a name that was not found is hidden: it is asked for anew, so that each look is heard of.
  func isHiddenName(_ name: Name, in parent: fuse_ino_t) -> Bool {
    guard options.hidden.mayHide(name.bytes) else { return false }
    // A parent that is gone has no names at all.
    guard let parent = try? slot(parent) else { return false }
    return isHidden(name.bytes, in: parent)
  }

  /// Remembers that a program asked for a hidden name.
  func noteLook(at name: UnsafeBufferPointer<UInt8>, in parent: Slot) {
    let path = tree.lock.with { lowerPath(of: parent) }
    let root = Int(tree.lock.with { inodes[parent].pointee.root })
    guard let path, root < lowers.count else { return }
    options.hidden.looks.note(
      lowers[root].root.path.appending(path).appending(ByteString(name)))
  }
}
