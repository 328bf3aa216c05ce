import CLinux
import Glibc
import Linux

/// What a program does to a tree, phase by phase.
struct Client {
  let root: String
  let files: Int
  /// What is made once for all sides: an archive to unpack.
  let archive: String
  let created = 10_000
  let touched = 2_000

  init(_ root: String, files: Int, archive: String) {
    self.root = root
    self.files = files
    self.archive = archive
  }

  /// Runs the phases of some groups (none given: of all), and writes each one's figure as a line.
  func run(only: Set<String>, watching server: ServerMeter?, into output: String) throws {
    guard let figures = fopen(output, "w") else { throw Errno.last }
    defer { fclose(figures) }
    for phase in phases where only.isEmpty || only.contains(phase.group) {
      try phase.prepare()
      server?.start()
      let began = now()
      let count = Double(max(try phase.body(), 1))
      let time = Double(now() - began) / 1000 / count
      let (spent, requests) = server?.stop() ?? (0, [])
      let words = requests.map { "\($0.name)=\(Double($0.count) / count)" }
      fputs(
        ([phase.name, "\(time)", "\(spent / count)"] + words).joined(separator: "\t") + "\n",
        figures)
    }
  }

  /// A line of `run(only:watching:into:)`.
  static func figure(_ line: String) -> Figure? {
    let words = line.split(separator: "\t").map { String($0) }
    guard words.count >= 3, let time = Double(words[1]), let spent = Double(words[2]) else {
      return nil
    }
    let requests = words[3...].compactMap { word -> (name: String, count: Double)? in
      let parts = word.split(separator: "=")
      return parts.count == 2 ? Double(parts[1]).map { (String(parts[0]), $0) } : nil
    }
    return Figure(phase: words[0], time: time, serverTime: spent, requests: requests)
  }

  private func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Timestamp(time).nanoseconds
  }

  var phases: [Phase] { namePhases + changePhases + largePhases + programPhases }

  func path(_ name: String) -> String { root + "/" + name }
}
