import Glibc
import Linux

/// A program of the system's that does what only it may: fusermount3, with its bit for root.
package enum HelperProgram {
  /// Runs a program to its end; answers its exit status, 127 when there is none of that name.
  package static func run(_ words: [ByteString]) throws(Errno) -> Int32 {
    var child: pid_t = 0
    let failure = withStrings(words) { words -> Int32 in
      guard let name = words.first.flatMap({ $0 }) else { return ENOENT }
      return posix_spawnp(&child, name, nil, nil, words, environ)
    }
    if failure == ENOENT { return 127 }
    guard failure == 0 else { throw Errno(failure) }
    var status: Int32 = 0
    try check { waitpid(child, &status, 0) }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }

  /// Whether the search path has a program of that name.
  package static func isThere(_ name: ByteString) -> Bool {
    let path = Process.variable("PATH") ?? "/usr/bin:/bin"
    return path.bytes.split(separator: UInt8(ascii: ":")).contains { directory in
      let place = ByteString(directory).appending(name)
      return place.withCString { access($0, X_OK) } == 0
    }
  }

  private static func withStrings<Result>(
    _ words: [ByteString], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = words.map { $0.withCString { strdup($0) } }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}
