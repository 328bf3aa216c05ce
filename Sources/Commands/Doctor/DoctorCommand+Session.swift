import Linux
import Profiles
import Sessions
import Store

extension DoctorCommand {
  /// Runs a session on a project of doctor's own and tries to cross each wall from inside.
  static func session(_ invocation: Invocation) -> [Finding] {
    let name = "a whole session"
    do {
      let state = try StateDirectory.location(home: invocation.home)
      let ground = try DoctorGround(state: state)
      let (status, output) = try run(on: ground, invocation)
      guard let tried = try? JSONReader.read(output).array, !tried.isEmpty else {
        return [Finding(name, .fails, "ended with status \(status) and said nothing of its walls")]
      }
      return [untouched(name, ground)] + walls(tried) + [landlock(ground)]
    } catch {
      let failure = Failure(error)
      return [Finding(name, .fails, failure.sentence, remedy: failure.hint)]
    }
  }

  /// Tries to cross the walls around this very process, as doctor does inside its session.
  static func tryFromHere(_ invocation: Invocation) throws -> Int32 {
    let ground = CrossingGround(Process.variable("COWBOX_DOCTOR")?.string ?? "")
    let tried = Crossing.all.compactMap { crossing in
      crossing.isCrossed(ground).map { (crossing, isCrossed: $0) }
    }
    if invocation.wantsJSON {
      let rows = tried.map { crossing, isCrossed in
        [
          "wall": .string(crossing.wall), "attempt": .string(crossing.attempt),
          "crossed": .bool(isCrossed),
        ] as JSON
      }
      try invocation.output.line(JSON.array(rows).prettyText)
    } else {
      for (crossing, isCrossed) in tried {
        try invocation.output.line(
          "\(isCrossed ? "CROSSED" : "held   ")  \(crossing.wall): \(crossing.attempt)")
      }
    }
    return tried.contains { $0.isCrossed } ? ExitCode.failed : ExitCode.done
  }

  private static func run(on ground: DoctorGround, _ invocation: Invocation) throws
    -> (Int32, [UInt8])
  {
    let project = try Project.named(ground.project, from: ground.project)
    var profile = try ProfileLibrary(userDirectory: nil).profile(named: "default").profile
    profile.limits.openFiles = UInt64(DoctorGround.openFiles)
    var walls = try Walls(profile, project: project.path, home: invocation.home)
    walls.show(ground.outside, as: .readOnly)
    walls.show(ground.secret, as: .mask)
    walls.mount(try Process.canonical("/proc/self/exe"), at: "/run/cowbox")
    let session = try SessionOpening(project: project, home: invocation.home, walls: walls)
      .open(.new)
    let request = CommandRequest(
      words: ["/bin/sh", "-c", "echo x >probe && exec /run/cowbox doctor --inside --json"],
      environment: walls.environment(Process.environment)
        + [ByteString("COWBOX_DOCTOR=\(ground.ground.text)")],
      directory: project.path)
    let output = try OwnedDescriptor.inMemory()
    let nothing = try Descriptor.currentDirectory.open("/dev/null" as ByteString, [.readWrite])
    let report = try Attendance(client: session.client).run(
      request, streams: [nothing.raw, output.raw, nothing.raw])
    session.client.leave()
    if let catalogue = try invocation.catalogue() { try catalogue.remove(session.name) }
    _ = try output.borrowed.seek(0, whence: 0)
    return (report.end.exitStatus, try output.borrowed.readToEnd())
  }

  private static func untouched(_ name: String, _ ground: DoctorGround) -> Finding {
    let probe = ground.project.appending("probe")
    let isThere = (try? Descriptor.currentDirectory.status(of: probe)) != nil
    return isThere
      ? Finding(name, .fails, "a write inside has changed the project")
      : Finding(name, .works, "runs, writes, and leaves the project alone")
  }

  private static func walls(_ tried: [JSON]) -> [Finding] {
    tried.compactMap { row in
      guard let wall = row["wall"]?.string, let attempt = row["attempt"]?.string,
        let isCrossed = row["crossed"]?.bool
      else { return nil }
      return isCrossed
        ? Finding("wall '\(wall)'", .fails, "a command inside can \(attempt)")
        : Finding("wall '\(wall)'", .works, "a command inside can't \(attempt)")
    }
  }

  /// Inside a session mounts and namespaces stand before Landlock, so that it is tried by itself.
  private static func landlock(_ ground: DoctorGround) -> Finding {
    let name = "Landlock"
    guard LandlockTrial.version > 0 else {
      return Finding(
        name, .lacks, "is not in this kernel; the other walls stand without it",
        remedy: "boot with 'lsm=landlock,...', or a kernel with CONFIG_SECURITY_LANDLOCK")
    }
    do {
      if try LandlockTrial.isCrossed(in: ground.outside) {
        return Finding(name, .fails, "does not keep a process from making a file")
      }
      return Finding(
        name, .works, "version \(LandlockTrial.version), keeps what it is told to keep")
    } catch {
      return Finding(name, .fails, "can't be put up: \(error)")
    }
  }
}
