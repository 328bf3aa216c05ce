import Harness
import Linux
import Testing

@testable import Commands

/// The line that says how far an apply is.
@Suite struct ProgressTests {
  /// A bar on a terminal and a clock that are the test's.
  private final class Stage {
    var seconds = 0.0
    var columns = 80
    private(set) var written: [String] = []
    private(set) lazy var bar = ProgressBar(
      "apply", now: { [unowned self] in Int64(seconds * 1e9) },
      columns: { [unowned self] in columns }, write: { [unowned self] in written.append($0) })

    /// What is written where so much is done after so many seconds.
    func show(_ done: Int, of all: Int, after seconds: Double) -> String? {
      let count = written.count
      _ = bar
      self.seconds = seconds
      bar.show(done, of: all)
      return written.count > count ? written.last : nil
    }
  }

  @Test func `work that is done at once shows no bar, and nothing is taken away`() {
    let stage = Stage()
    #expect(stage.show(0, of: 1000, after: 0) == nil)
    #expect(stage.show(900, of: 1000, after: 0.3) == nil)
    stage.bar.clear()
    #expect(stage.written == [])
  }

  @Test func `a bar comes after a moment, and after a second the rate and the time left`() {
    let stage = Stage()
    #expect(
      stage.show(100, of: 1000, after: 0.4)
        == "\r" + "apply [###...........................] 10 %" + "\u{1B}[K")
    #expect(stage.show(110, of: 1000, after: 0.45) == nil, "ten times a second are enough")
    #expect(
      stage.show(500, of: 1000, after: 2)
        == "\r" + "apply [###############...............] 50 %, 250/s, 2 s left" + "\u{1B}[K")
    #expect(stage.show(501, of: 100_000, after: 300)?.contains("] 0 %, 1.7/s, 17 h left") == true)
    #expect(stage.show(3000, of: 9000, after: 301)?.contains("33 %, 10/s, 11 min left") == true)
    #expect(stage.show(0, of: 9000, after: 302)?.contains("] 0 %\u{1B}") == true)
    stage.bar.clear()
    #expect(stage.written.last == "\r\u{1B}[K")
    stage.bar.clear()
    #expect(stage.written.count == 6)
  }

  @Test(arguments: [10, 25, 40, 60, 80, 200])
  func `the line is never wider than the terminal`(columns: Int) throws {
    let stage = Stage()
    stage.columns = columns
    for seconds in [0.5, 5, 5000] {
      let line = try #require(stage.show(1234, of: 98765, after: seconds))
      #expect(line.count - "\r\u{1B}[K".count < columns, "\(line)")
    }
  }

  /// The apply is stopped while it makes its files ready, until more than a second is over.
  @Test func `on a terminal a long apply shows its rate and its time left, and cleans the line`()
    throws
  {
    let place = try Playground()
    let make = "mkdir d; cd d; seq 4000 | split -l 1 -a 4 -"
    let made = try place.cowbox("run", "--", "sh", "-euc", make).run()
    #expect(made.status == 0, "\(made.complaint)")
    try place.shell(
      """
      cat > ../stopped <<'SCRIPT'
      stty cols 80
      '\(Playground.binary)' apply & apply=$!
      until set -- .cowbox-*; [ -d "$1" ] || ! kill -0 $apply; do :; done
      kill -STOP $apply
      sleep 1.1
      test -d "$1" && echo stopped
      kill -CONT $apply
      wait $apply
      SCRIPT
      """)
    let ended = try Command(
      ["script", "-qec", "sh ../stopped", "/dev/null"], in: place.project,
      environment: place.cowbox().environment
    ).run()
    #expect(ended.status == 0 && ended.text.contains("stopped"), "\(ended.text)")
    let lines = ended.text.split(separator: "\r").filter { $0.hasPrefix("apply [") }
    let last = try #require(lines.last)
    #expect(last.contains(" %, ") && last.contains("/s, ") && last.hasSuffix(" left\u{1B}[K"))
    let behind = ended.text.split(separator: last).last
    #expect(behind?.hasPrefix("\r\u{1B}[K") == true, "\(ended.text.debugDescription)")
    #expect(try place.shell("ls d | wc -l") == "4000\n")
  }
}
