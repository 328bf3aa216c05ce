import Linux
import Profiles
import Sandbox

extension Walls {
  /// The walls of a profile around a project.
  package init(_ profile: Profile, project: ByteString, home: ByteString?) throws {
    if !profile.network.publish.isEmpty {
      throw SessionError(
        "ports of a session can't be published yet", hint: "say --net host instead", kind: .usage)
    }
    let variables = PathVariables(home: home, environment: Process.environment)
    let view = try ProfileView(profile, project: project, variables: variables)
    let git = GitDirectory.outside(project)
    self.init(
      plan: try LaunchPlan(
        profile, view: view,
        cacheDirectory: try StateDirectory.location(home: home).appending("filters")),
      copyOnWrite: view.copyOnWrite.filter { $0 != home } + (git.map { [$0] } ?? []),
      showsHome: home.map(view.copyOnWrite.contains) ?? false,
      environment: profile.environment)
    maximumSize = profile.limits.sessionBytes.map { Int64(clamping: $0) }
    maximumFiles = profile.limits.sessionFiles.map { Int(clamping: $0) }
    if profile.network.mode == .allow { set += NetworkProxy.variables }
    if let directory = ProfileLibrary.userDirectory(home: home) { plan.masks.append(directory) }
  }
}

extension Walls {
  /// Every wall, up or down, and what it is made of.
  package var list: [(name: String, isUp: Bool, kind: String)] {
    plan.walls.map { ($0.name, $0.isUp, $0.kind) }
  }
}
