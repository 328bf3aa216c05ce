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
    bar = showsBar ? ProgressBar(invocation.verb.name, on: .standardError) : nil
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
