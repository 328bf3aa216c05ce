/// What wait(2) tells of a process that ended or stopped.
package enum WaitStatus {
  /// WIFSTOPPED.
  package static func isStopped(_ status: Int32) -> Bool { status & 0xFF == 0x7F }

  /// WIFCONTINUED.
  static func isContinued(_ status: Int32) -> Bool { status == 0xFFFF }

  /// The signal that ended the process, or nil where it ended by itself.
  package static func signal(_ status: Int32) -> Int32? {
    let signal = status & 0x7F
    return signal == 0 || signal == 0x7F ? nil : signal
  }

  /// The exit code as a shell has it: the program's own, or 128 and the signal's number.
  package static func exitCode(_ status: Int32) -> Int32 {
    signal(status).map { 128 + $0 } ?? (status >> 8 & 0xFF)
  }
}
