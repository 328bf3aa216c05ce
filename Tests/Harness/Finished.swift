/// What a program left behind when it ended.
package struct Finished: Sendable {
  package let status: Int32
  package let output: [UInt8]
  package let errors: [UInt8]
  /// Whether it had to be killed because it took too long.
  package let timedOut: Bool

  /// What it wrote, as text.
  package var text: String { String(decoding: output, as: UTF8.self) }
  /// What it complained about, as text.
  package var complaint: String { String(decoding: errors, as: UTF8.self) }
}
