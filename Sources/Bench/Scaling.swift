import CLinux
import Glibc
import Linux

/// What a second client gains: two at once, each in its own part of the tree, against one alone.
struct Scaling {
  let place: Workplace
  private static let rounds = 3

  func run() throws -> String {
    var lines = ["", "two clients at once against one (twice as much in the same time is 2.0)"]
    for side in [Side.native, .cowbox] {
      var gains: [String: [Double]] = [:]
      for _ in 0..<Self.rounds { try measure(side) { gains[$0, default: []].append($1) } }
      let words = Self.phases.map { phase -> String in
        let sorted = (gains[phase.name] ?? []).sorted()
        return "\(phase.name) \(Results.fixed(sorted[sorted.count / 2], 2))"
      }
      lines.append("  \(side.name): " + words.joined(separator: ", "))
    }
    return lines.joined(separator: "\n")
  }

  /// What a client does to the files of its own third.
  private struct Part: Sendable {
    let name: String
    let body: @Sendable (Client, Range<Int>) throws -> Void
  }

  private static let phases = [
    Part(name: "first absent name") { client, files in
      for file in files { client.lookAt(client.path(Tree.file(file)) + ".no") }
    },
    Part(name: "stat again") { client, files in
      for _ in 0..<5 { for file in files { client.lookAt(client.path(Tree.file(file))) } }
    },
    Part(name: "first read") { client, files in
      for file in files { try client.readWhole(client.path(Tree.file(file))) }
    },
    Part(name: "second read") { client, files in
      for file in files { try client.readWhole(client.path(Tree.file(file))) }
    },
    Part(name: "create") { client, files in
      let directory = client.path("made\(files.lowerBound)")
      guard mkdir(directory, 0o755) == 0 else { throw Errno.last }
      for number in files {
        let file = try check {
          cl_openat(AT_FDCWD, directory + "/\(number)", O_CREAT | O_WRONLY, 0o644)
        }
        _ = write(file, "0123456789abcdef", 16)
        close(file)
      }
    },
  ]

  private func measure(_ side: Side, _ report: (String, Double) -> Void) throws {
    try place.withView(of: side) { view, _ in
      let third = place.files / 3
      let client = Client(view, files: place.files, archive: "")
      for phase in Self.phases {
        let alone = try time([0..<third], client, phase)
        let together = try time([third..<(2 * third), (2 * third)..<(3 * third)], client, phase)
        report(phase.name, 2 * alone / together)
      }
    }
  }

  /// How long clients take that each do their part, all at once.
  private func time(_ parts: [Range<Int>], _ client: Client, _ phase: Part) throws -> Double {
    let began = now()
    let children = try parts.map { part in
      try Command.start { try phase.body(client, part) }
    }
    for child in children { try Command.waitFor(child) }
    return Double(now() - began)
  }

  private func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Timestamp(time).nanoseconds
  }
}
