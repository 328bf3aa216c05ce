import CLinux
import Glibc

/// How many rows and columns a terminal shows.
package struct WindowSize: Equatable, Sendable {
  package var rows: UInt16
  package var columns: UInt16

  /// A size by its numbers.
  package init(rows: UInt16, columns: UInt16) {
    self.rows = rows
    self.columns = columns
  }
}

/// What a terminal was set to, to be set again.
package struct TerminalSettings: Sendable {
  fileprivate var raw: termios
}

extension Descriptor {
  /// How large this terminal is.
  ///
  /// The corresponding system call is `ioctl(2)` with `TIOCGWINSZ`.
  package func windowSize() throws(Errno) -> WindowSize {
    var (rows, columns): (UInt16, UInt16) = (0, 0)
    try check { cl_window_size(raw, &rows, &columns) }
    return WindowSize(rows: rows, columns: columns)
  }

  /// Tells this terminal how large it is.
  ///
  /// The corresponding system call is `ioctl(2)` with `TIOCSWINSZ`.
  package func setWindowSize(_ size: WindowSize) throws(Errno) {
    try check { cl_set_window_size(raw, size.rows, size.columns) }
  }

  /// What this terminal is set to.
  ///
  /// The corresponding call is `tcgetattr(3)`.
  package func terminalSettings() throws(Errno) -> TerminalSettings {
    var settings = termios()
    try check { tcgetattr(raw, &settings) }
    return TerminalSettings(raw: settings)
  }

  /// Sets this terminal once what was written to it is shown, and forgets what was typed unread.
  ///
  /// The corresponding call is `tcsetattr(3)` with `TCSAFLUSH`.
  package func setTerminalSettings(_ settings: TerminalSettings) throws(Errno) {
    var settings = settings.raw
    try check { tcsetattr(raw, TCSAFLUSH, &settings) }
  }

  /// Whether this is the terminal of this process's session, and another job has it now.
  ///
  /// The corresponding call is `tcgetpgrp(3)`.
  package var isOfAnotherJob: Bool {
    let group = tcgetpgrp(raw)
    return group > 0 && group != getpgrp()
  }

  /// Lets every key through as it is typed.
  ///
  /// The corresponding calls are `cfmakeraw(3)` and `tcsetattr(3)`.
  package func makeRaw() throws(Errno) {
    var settings = termios()
    try check { tcgetattr(raw, &settings) }
    cfmakeraw(&settings)
    try check { tcsetattr(raw, TCSADRAIN, &settings) }
  }
}
