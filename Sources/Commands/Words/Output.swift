import Linux

/// What is written to standard output, in few system calls; failures to write are failures.
final class Output {
  private let descriptor: Descriptor
  private var bytes: [UInt8] = []
  private var pager: Pager?
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

  /// Lets the user's pager show what comes, where standard output is a terminal.
  func page() throws {
    guard pager == nil, descriptor.isTerminal else { return }
    pager = try Pager.start()
  }

  /// Writes what was added and waits until the pager, if there is one, has shown it.
  func finish() throws {
    try flush()
    try pager?.finish()
    pager = nil
  }

  /// Writes what was added.
  func flush() throws(SystemError) {
    guard !bytes.isEmpty else { return }
    defer { bytes = [] }
    if let pager { return try pager.write(bytes) }
    try attempt("write to standard output") { () throws(Errno) in try descriptor.write(bytes) }
  }
}
