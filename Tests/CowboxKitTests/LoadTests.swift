import CowboxKit
import Harness
import Testing

/// Many clients and many sessions at once; `COWBOX_LOAD=1` asks for the numbers that are promised.
@Suite struct LoadTests {
  private static var isFull: Bool { Playground.asks("COWBOX_LOAD") }

  private static func open(_ place: Playground, isNew: Bool = false) async throws -> Session {
    var options = Session.Options(isNew: isNew)
    options.program = Playground.binary
    options.environment =
      Playground.environment.map { "\($0.key)=\($0.value)" } + ["COWBOX_STATE=\(place.state)"]
    return try await Session.open(place.project, options: options)
  }

  @Test func `a hundred clients read from one session without an error`() async throws {
    let place = try Playground()
    let count = Self.isFull ? 100 : 10
    let first = try await Self.open(place)
    try await first.write("file", String(repeating: "x", count: 1000))
    var sessions: [Session] = []
    for _ in 0..<count { sessions.append(try await Self.open(place)) }
    #expect(try await first.status().clientCount == count + 1)
    let clock = ContinuousClock()
    let times = try await withThrowingTaskGroup(of: [Duration].self) { group in
      for session in sessions {
        group.addTask {
          var times: [Duration] = []
          for _ in 0..<20 {
            let began = clock.now
            let bytes = try await session.read("file")
            times.append(clock.now - began)
            #expect(bytes.count == 1000)
            try await Task.sleep(for: .milliseconds(20))
          }
          return times
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    let sorted = times.sorted()
    let median = sorted[sorted.count / 2]
    print(
      "read call, \(count) clients at once: median \(median), 99 % \(sorted[sorted.count * 99 / 100])"
    )
    if Self.isFull { #expect(median < .milliseconds(5)) }
  }

  @Test func `fifty sessions at once work without an error`() async throws {
    let place = try Playground()
    let count = Self.isFull ? 50 : 5
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<count {
        group.addTask {
          let session = try await Self.open(place, isNew: true)
          try await session.write("own", "\(number)")
          let ended = try await session.run(.shell("cat own; echo \(number) > second"))
          #expect(ended.text == "\(number)")
          let second = try await session.read("second")
          #expect(second == Array("\(number)\n".utf8))
          try await session.discardAll()
        }
      }
      try await group.waitForAll()
    }
  }
}
