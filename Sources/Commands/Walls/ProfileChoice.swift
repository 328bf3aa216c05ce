import Linux
import Profiles
import Sessions

/// Which profile is in force for a project.
struct ProfileChoice {
  let library: ProfileLibrary
  let project: Project
  let home: ByteString?

  init(project: Project, home: ByteString?) {
    library = ProfileLibrary(userDirectory: ProfileLibrary.userDirectory(home: home))
    self.project = project
    self.home = home
  }

  /// The named profile, or the user's usual one, with the project's own file on top.
  func load(named name: String?) throws -> LoadedProfile {
    let loaded = try name.map(library.profile(named:)) ?? library.usual()
    guard let layer = try projectLayer() else { return loaded }
    return try library.adding(layer, to: loaded, isTrusted: try trust().contains(layer, at: file))
  }

  /// The project's own file, where it has one.
  func projectLayer() throws -> ProfileLayer? { try library.layer(at: file) }

  /// Where the project's own file would be.
  var file: ByteString { project.path.appending(ProfileLibrary.projectName) }

  /// What the user has accepted so far.
  func trust() throws -> TrustList {
    TrustList(stateDirectory: try StateDirectory.location(home: home))
  }
}
