import Apply
import Glibc
import Linux

/// What stands between a person and a long apply: a bar that shows how far it is, and Ctrl-C, which
/// takes back what was done.
final class Watch {
  private let application: Application
  private let signals: SignalInput
  private let bar: ProgressBar?

  /// Watches over what an application does next.
  init(_ application: Application, _ invocation: Invocation) throws {
    self.application = application
    signals = try SignalInput([SIGINT, SIGTERM, SIGHUP])
    let showsBar = !invocation.isQuiet && Descriptor.standardError.isTerminal
    bar = showsBar ? ProgressBar(title: invocation.verb.name) : nil
    application.isCancelled = { [signals = Signals(self)] in signals.hasCome }
    application.progress = { [bar] done, all in bar?.show(done, of: all) }
  }

  /// The work has come to its end: signals do again what they do by themselves.
  func end() {
    bar?.clear()
    application.isCancelled = { false }
    application.progress = { _, _ in }
    for number in [SIGINT, SIGTERM, SIGHUP] { restoreSignal(number) }
  }

  /// What the watched application holds of this, without keeping it.
  private struct Signals {
    unowned let watch: Watch

    init(_ watch: Watch) { self.watch = watch }

    /// A signal that can't be read did not come.
    var hasCome: Bool { (try? watch.signals.next()) != nil }
  }
}

/// A line on the terminal that says how far a long piece of work is.
final class ProgressBar {
  private let title: String
  private let began = Timestamp.now.nanoseconds
  private var shown: Int64 = 0

  /// A bar that appears once the work has taken a moment.
  init(title: String) { self.title = title }

  /// Shows how far it is, ten times a second at most.
  func show(_ done: Int, of all: Int) {
    let now = Timestamp.now.nanoseconds
    guard now - began > 300_000_000, now - shown > 100_000_000, all > 0 else { return }
    shown = now
    let width = 30
    let full = min(width, done * width / all)
    let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
    write("\r\(title) [\(bar)] \(done * 100 / all) %\u{1B}[K")
  }

  /// Takes the line away.
  func clear() {
    if shown != 0 { write("\r\u{1B}[K") }
    shown = 0
  }

  private func write(_ text: String) {
    // Only for the eye: a terminal that takes it not misses nothing.
    try? Descriptor.standardError.write(Array(text.utf8))
  }
}
