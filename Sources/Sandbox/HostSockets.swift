import Linux

/// The sockets that other processes of the host listen at by path.
///
/// A read-only mount does not keep anyone from connecting to a socket, and a network namespace
/// holds only abstract ones. So each socket that the box's view would show is masked.
package enum HostSockets {
  /// The absolute paths of the host's sockets, as its network namespace knows them.
  package static func paths() -> [ByteString] {
    // Failure does not matter: without /proc there is no view to show anything in.
    guard let file = try? Descriptor.currentDirectory.open("/proc/net/unix", .readOnly),
      let bytes = try? file.borrowed.readToEnd()
    else { return [] }
    var found: Set<ByteString> = []
    for line in bytes.split(separator: 0x0A) {
      // The path is the eighth word and may hold spaces; an abstract one begins with "@".
      let words = line.split(separator: 0x20, maxSplits: 7)
      guard words.count == 8, words[7].first == 0x2F else { continue }
      found.insert(ByteString(words[7]))
    }
    return found.sorted()
  }
}
