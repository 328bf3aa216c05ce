import Linux
import Profiles
import Sandbox

extension Walls {
  /// The walls of a profile around a project.
  package init(_ profile: Profile, project: ByteString, home: ByteString?) throws {
    if !profile.network.publish.isEmpty, profile.network.mode == .host {
      throw SessionError(
        "with the host's network every port is the host's already, and none can be published",
        hint: "leave out --publish, or the host's network", kind: .usage)
    }
    let variables = PathVariables(home: home, environment: Process.environment)
    let view = try ProfileView(profile, project: project, variables: variables)
    let masks = try Homes.others(besides: home).flatMap { other in
      try Self.masks(of: profile, project: project, home: other)
    }
    let git = GitDirectory.outside(project)
    self.init(
      plan: try LaunchPlan(
        profile, view: view,
        cacheDirectory: try StateDirectory.location(home: home).appending("filters")),
      copyOnWrite: view.copyOnWrite.filter { $0 != home } + (git.map { [$0] } ?? []),
      showsHome: home.map(view.copyOnWrite.contains) ?? false,
      environment: profile.environment)
    plan.masks += masks
    wallSeconds = profile.limits.wallSeconds
    publish = profile.network.publish
    terms = profile.terms
    maximumSize = profile.limits.sessionBytes.map { Int64(clamping: $0) }
    maximumFiles = profile.limits.sessionFiles.map { Int(clamping: $0) }
    if profile.network.mode == .allow { set += NetworkProxy.variables }
    if let directory = ProfileLibrary.userDirectory(home: home) { plan.masks.append(directory) }
  }
}

extension Walls {
  /// What a profile hides in the home directory, for another one than the command's.
  private static func masks(of profile: Profile, project: ByteString, home: ByteString) throws
    -> [ByteString]
  {
    var hiding = profile
    hiding.mounts = profile.mounts.filter { $0.mode == .mask && $0.source.hasPrefix("~/") }
    let variables = PathVariables(home: home, environment: [])
    return try ProfileView(hiding, project: project, variables: variables).masks
  }

  /// What would stand around a run that begins a session of a project now.
  package func planned(project: ByteString, home: ByteString?) -> StandingWalls {
    var plan = plan
    plan.roots = KeeperPlan.roots(project: project, home: showsHome ? home : nil, copyOnWrite)
      .enumerated().map { RootMount(id: UInt32($0.offset + 1), path: $0.element.path) }
    return StandingWalls(
      walls: plan.plannedWalls + StandingWalls.ofSession(size: maximumSize, files: maximumFiles),
      notContained: plan.notContained, terms: terms)
  }
}
