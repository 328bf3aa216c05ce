import Linux

/// The projects' own profiles that the user has read and accepted, by their exact content.
package struct TrustList: Sendable {
  private let path: ByteString

  /// The list in cowbox's state directory, out of the sight of every box.
  package init(stateDirectory: ByteString) { path = stateDirectory.appending("trusted") }

  /// Whether this content was accepted for this file.
  package func contains(_ layer: ProfileLayer, at file: ByteString) -> Bool {
    lines().contains(line(layer, file))
  }

  /// Accepts this content for this file.
  package func add(_ layer: ProfileLayer, at file: ByteString) throws(SystemError) {
    if contains(layer, at: file) { return }
    try attempt("remember the trusted profile in", path) { () throws(Errno) in
      let list = try Descriptor.currentDirectory.open(
        path, [.writeOnly, .create, .append, .noFollow], mode: 0o600)
      try list.borrowed.write(line(layer, file).bytes + [0x0A])
    }
  }

  private func line(_ layer: ProfileLayer, _ file: ByteString) -> ByteString {
    // A path may hold a line feed; its hash can't, and another path's can't be forged with it.
    ByteString("\(layer.hash) \(ProfileLayer.hash(of: file.bytes))")
  }

  private func lines() -> [ByteString] {
    // Failure does not matter: without a list nothing is trusted.
    guard let list = try? Descriptor.currentDirectory.open(path, [.noFollow]),
      let bytes = try? list.borrowed.readAll(limit: 16 << 20)
    else { return [] }
    return bytes.split(separator: 0x0A).map { ByteString($0) }
  }
}
