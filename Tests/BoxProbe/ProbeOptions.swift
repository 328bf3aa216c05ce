import Linux
import Profiles
import Sandbox

/// What the command line of the probe asks for.
struct ProbeOptions {
  var plan = LaunchPlan()
  var terminal = false
  var tellsRefusals = false
  var deviceCount = 0
  var profile: Profile?
  var project = ByteString("/nonexistent")
  var directory = ByteString("/")
  var words: [ByteString] = []

  struct Unknown: Error { let word: String }

  var spawn: Spawn {
    Spawn(words: words, environment: Process.environment, directory: directory)
  }

  /// The plan of the profile, with the project bound where a session would show the overlay.
  mutating func usePlanOfProfile() throws {
    guard let profile else { return }
    let home = Process.variable("HOME")
    let variables = PathVariables(home: home, environment: Process.environment)
    let view = try ProfileView(profile, project: project, variables: variables)
    let own = plan
    plan = try LaunchPlan(profile, view: view)
    plan.mounts += own.mounts
    plan.masks += own.masks
    plan.fakeRoot = own.fakeRoot
    if own.network == .host { plan.network = .host }
    plan.mounts.append(
      ExtraMount(source: project, target: project, mode: .readWrite, optional: true))
  }

  mutating func parse(_ arguments: ArraySlice<String>) throws {
    var rest = arguments
    while let word = rest.popFirst() {
      switch word {
      case "--": words = rest.map { ByteString($0) }; return
      case "--terminal": terminal = true
      case "--tell": tellsRefusals = true
      case "--profile":
        let library = ProfileLibrary(userDirectory: nil)
        profile = try library.profile(named: rest.popFirst() ?? "").profile
      case "--project": project = ByteString(rest.popFirst() ?? "")
      case "--seccomp":
        profile?.calls.mode = CallRules.Mode(rawValue: rest.popFirst() ?? "") ?? .off
      case "--allow-net":
        profile?.network.mode = .allow
        profile?.network.allow.append(rest.popFirst() ?? "")
      case "--no-landlock": profile?.landlock = .off
      case "--user-namespaces": profile?.userNamespaces = true
      case "--limit":
        let limit = ProfileChange.Limit(rawValue: rest.popFirst() ?? "")
        if let limit { profile?.limits[limit] = UInt64(rest.popFirst() ?? "") }
      case "--fuse": deviceCount = 2
      case "--host-network": plan.network = .host
      case "--empty": plan.base = .empty
      case "--fake-root": plan.fakeRoot = true
      case "--mask": plan.masks.append(ByteString(rest.popFirst() ?? ""))
      case "--directory": directory = ByteString(rest.popFirst() ?? "")
      case "--ro", "--rw", "--scratch":
        let path = ByteString(rest.popFirst() ?? "")
        let mode: ExtraMount.Mode =
          word == "--ro" ? .readOnly : word == "--rw" ? .readWrite : .scratch
        plan.mounts.append(ExtraMount(source: path, target: path, mode: mode))
      default: throw Unknown(word: word)
      }
    }
  }
}
