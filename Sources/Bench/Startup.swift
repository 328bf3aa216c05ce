import Glibc
import Linux

/// What a run costs before and after its command: `cowbox run -- true` against `true`.
struct Startup {
  private let program: String
  private let rounds = 20

  init(program: String) { self.program = program }

  /// Medians in milliseconds, in an empty directory and in a large tree.
  func run(tree: String, scratch: String) throws -> String {
    let small = scratch + "/small"
    let state = scratch + "/state"
    try Command.require(["mkdir", "-p", small, state])
    setenv("COWBOX_STATE", state, 1)
    var lines = ["", "start-up (ms, median of \(rounds))"]
    let plain = try median(["true"], in: small)
    lines.append(line("true", plain))
    for (name, place) in [("an empty directory", small), ("the large tree", tree)] {
      let figure = try median(
        [program, "run", "--quiet", "--project", place, "-C", place, "--", "true"], in: place)
      lines.append(line("cowbox run -- true in \(name)", figure))
    }
    if (try? Command.run(["sh", "-c", "command -v bwrap"])) == 0 {
      let words = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "true"]
      lines.append(line("bwrap --unshare-all true", try median(words, in: small)))
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ name: String, _ nanoseconds: Int64) -> String {
    let tenths = (nanoseconds + 50_000) / 100_000
    let figure = "\(tenths / 10).\(tenths % 10)"
    return name + String(repeating: " ", count: max(1, 50 - name.count - figure.count)) + figure
  }

  private func median(_ words: [String], in directory: String) throws -> Int64 {
    var times: [Int64] = []
    for _ in 0...rounds {
      let began = now()
      try Command.require(words, in: directory)
      times.append(now() - began)
    }
    // The first one only warms what all share.
    return times.dropFirst().sorted()[rounds / 2]
  }

  private func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Timestamp(time).nanoseconds
  }
}
