import Linux

/// What is written to standard output, in few system calls; failures to write are failures.
final class Output {
  private let descriptor: Descriptor
  private var bytes: [UInt8] = []
  let style: Style

  init(_ descriptor: Descriptor, style: Style) {
    self.descriptor = descriptor
    self.style = style
  }

  /// Adds text as it stands.
  func write(_ text: String) throws(SystemError) {
    bytes += text.utf8
    try flushIfLarge()
  }

  /// Adds bytes as they stand.
  func write(_ text: some Sequence<UInt8>) throws(SystemError) {
    bytes += text
    try flushIfLarge()
  }

  /// Adds a line.
  func line(_ text: String = "") throws(SystemError) { try write(text + "\n") }

  private func flushIfLarge() throws(SystemError) { if bytes.count > 1 << 16 { try flush() } }

  /// Writes what was added.
  func flush() throws(SystemError) {
    guard !bytes.isEmpty else { return }
    defer { bytes = [] }
    try attempt("write to standard output") { () throws(Errno) in try descriptor.write(bytes) }
  }
}
