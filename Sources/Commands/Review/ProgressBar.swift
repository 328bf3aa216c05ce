import Linux

/// A line on the terminal that says how far a long piece of work is, and how long it will last.
final class ProgressBar {
  private let title: String
  /// Nanoseconds of a clock.
  private let now: () -> Int64
  /// The terminal's width.
  private let columns: () -> Int
  private let write: (String) -> Void
  private let began: Int64
  private var shown: Int64?

  /// Work that is done at once shows nothing.
  private static let patience: Int64 = 300_000_000
  private static let pause: Int64 = 100_000_000
  /// Before this a rate would tell nothing.
  private static let trial: Int64 = 1_000_000_000
  private static let longest = 30

  init(
    _ title: String, now: @escaping () -> Int64, columns: @escaping () -> Int,
    write: @escaping (String) -> Void
  ) {
    (self.title, self.now, self.columns, self.write) = (title, now, columns, write)
    began = now()
  }

  /// A bar on a terminal.
  convenience init(_ title: String, on terminal: Descriptor) {
    self.init(
      title, now: { Timestamp.now.nanoseconds },
      columns: {
        // A terminal that does not say how wide it is gets what fits on most.
        guard let size = try? terminal.windowSize(), size.columns > 0 else { return 80 }
        return Int(size.columns)
      },
      write: {
        // Only for the eye: a terminal that takes it not misses nothing.
        try? terminal.write(Array($0.utf8))
      })
  }

  /// Shows how far it is, ten times a second at most.
  func show(_ done: Int, of all: Int) {
    let now = now()
    guard all > 0, now - began > Self.patience, now - (shown ?? .min / 2) > Self.pause else {
      return
    }
    shown = now
    write("\r\(line(done, of: all, after: now - began))\u{1B}[K")
  }

  /// Takes the line away.
  func clear() {
    if shown != nil { write("\r\u{1B}[K") }
    shown = nil
  }

  /// One that fits into the terminal: what wraps can't be taken away again.
  private func line(_ done: Int, of all: Int, after nanoseconds: Int64) -> String {
    let part = "\(min(100, done * 100 / all)) %"
    let estimate = nanoseconds > Self.trial ? Self.estimate(done, of: all, after: nanoseconds) : ""
    for rest in [estimate, ""] {
      let width = min(Self.longest, columns() - title.count - part.count - rest.count - 5)
      guard width >= 10 else { continue }
      let full = min(width, done * width / all)
      let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
      return "\(title) [\(bar)] \(part)\(rest)"
    }
    return part
  }

  /// ", 1234/s, 5 s left": by what was done so far.
  private static func estimate(_ done: Int, of all: Int, after nanoseconds: Int64) -> String {
    let rate = Double(done) * 1e9 / Double(nanoseconds)
    guard rate > 0 else { return "" }
    let speed = rate < 9.95 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate.rounded()))"
    let left = Int((Double(max(0, all - done)) / rate).rounded(.up))
    let words =
      left < 100 ? "\(left) s" : left < 6000 ? "\((left + 59) / 60) min" : "\(left / 3600 + 1) h"
    return ", \(speed)/s, \(words) left"
  }
}
