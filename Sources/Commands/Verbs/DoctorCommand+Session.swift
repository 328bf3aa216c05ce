import Linux
import Sessions
import Store

extension DoctorCommand {
  /// What the command inside finds out: each wall that it gets through adds to its exit status.
  private static let probe = """
    s=0; echo x > probe && [ "$(cat probe)" = x ] || s=$((s+1))
    grep -q '^Seccomp:.*2' /proc/self/status || s=$((s+2))
    grep -q '^CapEff:.*0000000000000000' /proc/self/status || s=$((s+4))
    grep -q '^NoNewPrivs:.*1' /proc/self/status || s=$((s+8))
    [ "$(grep -c : /proc/net/dev)" -le 1 ] || s=$((s+16))
    exit $s
    """

  /// Runs a session on a directory of its own, writes in it, and looks at the walls from inside.
  static func session(_ invocation: Invocation) -> Finding {
    let name = "a whole session"
    do {
      let place = ByteString("/var/tmp/cowbox-doctor-\(Process.id)")
      try Descriptor.currentDirectory.makeDirectory(place)
      defer {
        // A directory that is left over harms nobody.
        try? Descriptor.currentDirectory.remove(place, isDirectory: true)
      }
      let status = try run(in: place, invocation)
      guard status == 0 else { return Finding(name, .fails, words(for: status)) }
      return Finding(
        name, .works, "runs, writes, and stands behind seccomp, without capabilities or network")
    } catch {
      let failure = Failure(error)
      return Finding(name, .fails, failure.sentence, remedy: failure.hint)
    }
  }

  private static func run(in place: ByteString, _ invocation: Invocation) throws -> Int32 {
    let project = try Project.named(place, from: place)
    let walls = try WallOptions.usual(for: invocation, project: project)
    let session = try SessionOpening(project: project, home: invocation.home, walls: walls)
      .open(.new)
    let request = CommandRequest(
      words: ["/bin/sh", "-c", ByteString(probe)],
      environment: walls.environment(Process.environment), directory: place)
    let report = try Attendance(client: session.client).run(request)
    session.client.leave()
    if let catalogue = try invocation.catalogue() { try catalogue.remove(session.name) }
    return report.end.exitStatus
  }

  private static func words(for status: Int32) -> String {
    let walls = [
      "the session can't be written", "seccomp does not stand", "capabilities are left",
      "privileges can be gained", "the network can be reached",
    ]
    let missing = walls.enumerated().filter { status >> Int32($0.offset) & 1 == 1 }
    return missing.isEmpty || status > 31
      ? "ended with status \(status)" : missing.map(\.element).joined(separator: ", ")
  }
}
