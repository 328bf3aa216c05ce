import Glibc

extension Descriptor {
  /// Makes everything durable that was written to the file system of this directory.
  ///
  /// The corresponding system call is `syncfs(2)`.
  package func synchronizeWhole() throws(Errno) { try check { syncfs(raw) } }
}
