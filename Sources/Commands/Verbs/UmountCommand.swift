import Linux
import Sessions

/// `cowbox umount`: ends a mount; what was written there stays in its session.
enum UmountCommand {
  static let verb = Verb(
    "umount", .work, "end a mount; what was written there stays in its session",
    operands: .any("[MOUNTPOINT...]"),
    options: [Option("all", short: "a", "every mount of yours")],
    details: """
      Without MOUNTPOINT the mount of the project's session ends. What programs still hold open is
      written first. A mount whose keeper was killed is taken away, too.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let mounts = try FoundMount.all()
    for mount in try chosen(of: mounts, invocation) {
      try end(mount, invocation)
      invocation.say("'\(mount.point.printable)' no longer shows session \(mount.session)")
    }
    return ExitCode.done
  }

  private static func chosen(of mounts: [FoundMount], _ invocation: Invocation) throws
    -> [FoundMount]
  {
    if invocation.arguments.has("all") {
      guard invocation.operands.isEmpty else {
        throw Failure.usage("'--all' and MOUNTPOINT contradict each other")
      }
      return mounts
    }
    if invocation.operands.isEmpty {
      let session = try invocation.session().name
      let found = mounts.filter { $0.session == session }
      if found.isEmpty { throw Failure("session \(session) is not mounted") }
      return found
    }
    return try invocation.operands.map { word in
      // A dead mount can't be looked at: then the path as it was given is all there is.
      let path = (try? Process.canonical(word)) ?? word
      if let found = mounts.last(where: { $0.point == path || $0.point == word }) { return found }
      throw Failure.usage(
        "'\(word.printable)' is no mount of cowbox's, or not yours",
        hint: "'grep fuse.cowbox /proc/mounts' shows them")
    }
  }

  private static func end(_ mount: FoundMount, _ invocation: Invocation) throws {
    guard let catalogue = try invocation.catalogue(),
      let item = try? catalogue.find(mount.session.text),
      try StoredSession.open(item, in: catalogue).stop()
    else { return try mount.detach() }
    // The keeper has ended it; one of another state directory has not.
    if try FoundMount.all().contains(where: { $0.point == mount.point }) { try mount.detach() }
  }
}
