import Linux
import Sessions
import Store

/// `cowbox doctor`: tries each thing that a run needs, for real.
enum DoctorCommand {
  static let verb = Verb(
    "doctor", .about, "try everything a run needs, and say what helps where it fails",
    options: [
      Option("inside", "only try to cross the walls around doctor itself, in a box"),
      Invocation.json,
    ],
    details: """
      A session is run on a project of doctor's own, and each of its walls is tried from inside, as a
      command would that wants out. The exit status is 1 when a wall is crossed, or something fails
      that 'cowbox run' can't do without.

          cowbox doctor
          cowbox run -- cowbox doctor --inside
      """,
    act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    if invocation.arguments.has("inside") { return try tryFromHere(invocation) }
    let findings = [state(invocation), device, namespaces] + session(invocation) + limits
    if invocation.wantsJSON {
      try invocation.output.line(JSON.array(findings.map(\.json)).prettyText)
    } else {
      for finding in findings { try show(finding, invocation.output) }
    }
    return findings.contains { $0.outcome == .fails } ? ExitCode.failed : ExitCode.done
  }

  private static func show(_ finding: Finding, _ output: Output) throws {
    let style = output.style
    let mark =
      switch finding.outcome {
      case .works: style.green("ok   ")
      case .lacks: style.yellow("lacks")
      case .fails: style.red("FAILS")
      }
    try output.line("\(mark)  \(finding.name): \(finding.words)")
    if let remedy = finding.remedy { try output.line("       \(style.bold("try")): \(remedy)") }
  }

  /// Makes the state directory and a file in it.
  private static func state(_ invocation: Invocation) -> Finding {
    let name = "state directory"
    do {
      guard let state = try StateDirectory.open(home: invocation.home, create: true) else {
        return Finding(name, .fails, "can't be made")
      }
      let probe: ByteString = ".doctor"
      let file = try state.descriptor.borrowed.open(probe, [.writeOnly, .create], mode: 0o600)
      try file.borrowed.write(Array("x".utf8))
      try file.borrowed.synchronize()
      try state.descriptor.borrowed.remove(probe)
      return Finding(name, .works, "'\(state.path.printable)' can be written")
    } catch {
      let failure = Failure(error)
      return Finding(name, .fails, failure.sentence, remedy: failure.hint)
    }
  }

  private static var device: Finding {
    let name = "/dev/fuse"
    do throws(Errno) {
      _ = try Descriptor.currentDirectory.open("/dev/fuse" as ByteString, [.readWrite])
      return Finding(name, .works, "can be opened")
    } catch {
      let remedy =
        error == .noEntry
        ? "load the kernel's module: 'modprobe fuse'"
        : "let every user open it, as udev does: 'chmod 666 /dev/fuse' as root"
      return Finding(name, .fails, "can't be opened: \(error)", remedy: remedy)
    }
  }

  /// What the system's switches say; whether it works is tried by the session below.
  private static var namespaces: Finding {
    let name = "user namespaces"
    if setting("/proc/sys/user/max_user_namespaces") == "0" {
      return Finding(
        name, .fails, "are switched off", remedy: "sysctl user.max_user_namespaces=15000")
    }
    if setting("/proc/sys/kernel/unprivileged_userns_clone") == "0", Process.user != 0 {
      return Finding(
        name, .fails, "are for root only", remedy: "sysctl kernel.unprivileged_userns_clone=1")
    }
    if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1",
      Process.user != 0
    {
      return Finding(
        name, .lacks, "are restricted by AppArmor",
        remedy: "install cowbox's AppArmor profile, or "
          + "'sysctl kernel.apparmor_restrict_unprivileged_userns=0'")
    }
    return Finding(name, .works, "nothing restricts them")
  }

  private static func setting(_ path: ByteString) -> String? {
    // A switch that this kernel does not have restricts nothing.
    guard let file = try? Descriptor.currentDirectory.open(path, []),
      let bytes = try? file.borrowed.readAll(limit: 64)
    else { return nil }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// What would hold limits of a whole run.
  private static var limits: [Finding] {
    LimitHolders.now().map { limit, holder in
      if let holder { return Finding("limit of \(limit)", .works, "held by a \(holder)") }
      let words =
        limit == "processors"
        ? "can't be held: no control group is the user's to divide"
        : "held for each process alone, by rlimit"
      return Finding(
        "limit of \(limit)", .lacks, words,
        remedy:
          "run in a group of your own: 'systemd-run --user --scope -p Delegate=yes cowbox ...'")
    }
  }
}
