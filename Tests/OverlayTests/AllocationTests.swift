import Harness
import Testing

/// What the server allocates for the requests that come all the time: nothing beyond libfuse's one.
@Suite(.enabled(if: Fuzzer.canMount, "needs /dev/fuse and a mount namespace"))
struct AllocationTests {
  /// Another batch is written behind every 100 ms, whatever else is done.
  private static let behind = 0.15

  #if DEBUG
    // Without the optimizer what throws and what is generic allocates on the way of a name.
    private static let names: [String] = []
  #else
    private static let names = [
      "an absent name of the session's own directory", "an absent name of the lower",
      "a name of the lower",
    ]
  #endif

  private static let deeds =
    names + [
      "attributes of a file of the session", "attributes of a file of the lower",
      "reading a file of the session", "writing a file of the session",
    ]

  @Test func `a request allocates nothing of its own`() throws {
    let ended = try Fuzzer.command("--allocations", "--operations", "10000").run()
    try #require(ended.status == 0, "\(ended.text)\(ended.complaint)")
    // AddressSanitizer has allocations of its own.
    if ended.text == "not counted in this build\n" { return }
    for deed in Self.deeds {
      let line = ended.text.split(separator: "\n").first { $0.hasPrefix(deed + ": ") }
      let numbers = try #require(line, "\(ended.text)").split(separator: " ").compactMap {
        Double($0)
      }
      try #require(numbers.count == 2 && numbers[0] > 0, "\(deed) in \(ended.text)")
      #expect(numbers[1] <= numbers[0] * (1 + Self.behind), "\(deed) in \(ended.text)")
    }
  }
}
