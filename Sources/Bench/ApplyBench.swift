import Glibc
import Linux

/// What diff and apply cost, against what plain copies of the same files cost.
struct ApplyBench {
  private let program: String
  private let place: String
  private let largeProject: Int
  private let newFiles = 30_000
  private let rounds: Int

  /// One program's time and the most memory that it had.
  private struct Cost {
    let milliseconds: Double
    let megabytes: Double
  }

  /// A bench of the program that the command line names, in a new directory below /var/tmp.
  init(_ arguments: Arguments) throws {
    guard let program = arguments.program else { throw Complaint("'--apply' wants '--cowbox'") }
    var template = Array("/var/tmp/cowbox-bench.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno.last }
    place = ByteString(cString: template).printable
    self.program = program
    largeProject = arguments.applyFiles
    rounds = arguments.rounds
  }

  /// The figures as lines; what was made is removed.
  func run() throws -> String {
    defer { _ = try? Command.run(["rm", "-rf", place]) }
    setenv("COWBOX_STATE", place + "/state", 1)
    try Command.require(["mkdir", "-p", place + "/state"])
    var lines = ["apply (medians of \(rounds); target in brackets)"]
    lines += try measureNewFiles()
    lines += try measureLargeProject()
    lines += try measureLargeFile()
    return lines.joined(separator: "\n")
  }

  /// A node_modules: many small files at once, against `cp -a` and syncfs.
  private func measureNewFiles() throws -> [String] {
    let (source, project, copy) = (place + "/source", place + "/project", place + "/copy")
    try make(source, files: newFiles)
    try Command.require(["mkdir", project])
    var (ours, plain, diffs): ([Cost], [Cost], [Cost]) = ([], [], [])
    for round in 0..<rounds {
      try cowbox(
        ["run", "-q", "--ro", source, "--", "cp", "-a", source, "node_modules"], in: project)
      try Command.require(["sync"])
      plain.append(try cost(["sh", "-c", "cp -a '\(source)' '\(copy)' && sync -f '\(copy)'"]))
      diffs.append(try cost([program, "diff", "--stat"], in: project))
      ours.append(try cost([program, "apply", "-q"], in: project))
      // ext4 passes over inodes that were deleted shortly before one by one, which would be measured.
      try Command.require(["mv", copy, "\(place)/old-copy-\(round)"])
      try Command.require(["mv", project + "/node_modules", "\(place)/old-modules-\(round)"])
      try cowbox(["discard", "-q"], in: project)
    }
    let (apply, copied) = (median(ours), median(plain))
    return [
      line("cp -a of \(newFiles) new files and sync", copied),
      line("apply of the same", apply) + "  \(ratio(apply, copied)) x [1.5 x]",
      line("diff --stat of the same", median(diffs)),
    ]
  }

  /// Ten changes in a large project: what counts is the change, not the project.
  private func measureLargeProject() throws -> [String] {
    let project = place + "/large"
    try make(project, files: largeProject)
    try Command.require(["sync"])
    var (diffs, applies): ([Cost], [Cost]) = ([], [])
    for round in 0..<rounds {
      let script = (0..<10).map { "echo \(round) >> d\($0)/s\($0)/f\($0)" }.joined(separator: ";")
      try cowbox(["run", "-q", "--", "sh", "-c", script], in: project)
      diffs.append(try cost([program, "diff", "--stat"], in: project))
      applies.append(try cost([program, "apply", "-q"], in: project))
    }
    try cowbox(["discard", "-q"], in: project)
    try Command.require(["rm", "-rf", project])
    return [
      line("diff of 10 changes among \(largeProject) files", median(diffs)) + "  [50]",
      line("apply of the same", median(applies)) + "  [100]",
    ]
  }

  /// One byte in a file of 2 GiB, against a copy of the file.
  private func measureLargeFile() throws -> [String] {
    let project = place + "/file"
    try Command.require(["mkdir", project])
    try Command.require(["sh", "-c", "head -c 2G /dev/urandom > '\(project)/big'; sync"])
    try cowbox(["run", "-q", "--", "sh", "-c", "echo >> big"], in: project)
    let diff = try cost([program, "diff", "--stat"], in: project)
    let plain = try cost(
      ["sh", "-c", "cp '\(project)/big' '\(project)/copy' && sync -f '\(project)/copy'"])
    try Command.require(["rm", project + "/copy"])
    let apply = try cost([program, "apply", "-q"], in: project)
    return [
      line("cp of a file of 2 GiB and sync", plain),
      line("diff of one byte in it", diff) + memory(diff),
      line("apply of the same", apply) + memory(apply) + "  \(ratio(apply, plain)) x",
    ]
  }

  private func cowbox(_ words: [String], in project: String) throws {
    try Command.require([program] + words, in: project)
  }

  /// Small files of some hundred bytes up to 4 KiB, a hundred in a directory.
  private func make(_ path: String, files: Int) throws {
    let text = Array(String(repeating: "some text of a file, and more of it\n", count: 120).utf8)
    try Command.require(["mkdir", "-p", path])
    for number in 0..<files {
      let (file, directory) = (number % 100, number / 100)
      let parent = "\(path)/d\(directory % 100)/s\(directory)"
      if file == 0 {
        mkdir("\(path)/d\(directory % 100)", 0o755)
        mkdir(parent, 0o755)
      }
      let made = try Descriptor.currentDirectory.open(
        ByteString("\(parent)/f\(file)"), [.writeOnly, .create], mode: 0o644)
      try made.borrowed.write(Array(text.prefix(200 + number % 40 * 100)))
    }
  }

  private func cost(_ words: [String], in directory: String? = nil) throws -> Cost {
    let began = Timestamp.now.nanoseconds
    let child = fork()
    guard child >= 0 else { throw Errno.last }
    if child == 0 {
      if let directory { chdir(directory) }
      let null = open("/dev/null", O_RDWR)
      dup2(null, 0)
      dup2(null, 1)
      var arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? }
      arguments.append(nil)
      execvp(words[0], &arguments)
      _exit(127)
    }
    var status: Int32 = 0
    var usage = rusage()
    try check { wait4(child, &status, 0, &usage) }
    guard status == 0 else { throw Complaint("'\(words.joined(separator: " "))' failed") }
    return Cost(
      milliseconds: Double(Timestamp.now.nanoseconds - began) / 1e6,
      megabytes: Double(usage.ru_maxrss) / 1024)
  }

  private func median(_ costs: [Cost]) -> Cost {
    costs.sorted { $0.milliseconds < $1.milliseconds }[costs.count / 2]
  }

  private func line(_ name: String, _ cost: Cost) -> String {
    let figure = tenths(cost.milliseconds)
    return name + String(repeating: " ", count: max(1, 56 - name.count - figure.count)) + figure
      + " ms"
  }

  private func memory(_ cost: Cost) -> String { "  \(tenths(cost.megabytes)) MB resident" }

  private func ratio(_ one: Cost, _ other: Cost) -> String {
    let hundredths = Int((one.milliseconds / other.milliseconds * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }

  private func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
