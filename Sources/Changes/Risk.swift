import Linux

/// A class of changes that may act by themselves once they are in the project: apply holds them
/// back until the user allows the class or the path.
package enum Risk: String, Sendable, CaseIterable {
  case gitHooks = "git-hooks"
  case gitConfig = "git-config"
  case continuousIntegration = "ci"
  case shellStartup = "shell"
  case editor
  case tasks
  case setuid
  case leavingSymlink = "symlink"
  case controlCharacters = "name"

  /// Why it is held back, to stand behind the path.
  package var words: String {
    switch self {
    case .gitHooks: "git runs it on the host"
    case .gitConfig: "it can make git run programs on the host"
    case .continuousIntegration: "the build server runs it"
    case .shellStartup: "a shell runs it when it starts or enters the directory"
    case .editor: "an editor runs what it says when the project is opened"
    case .tasks: "task runners and package managers run what it says"
    case .setuid: "it runs with its owner's rights"
    case .leavingSymlink: "it points out of the project"
    case .controlCharacters: "its name has characters that terminals obey"
    }
  }

  /// The patterns of paths of each class, case ignored: some file systems don't tell it apart.
  private static let table: [(Risk, [ByteString])] = [
    (.gitHooks, ["**/.git/hooks/**", "**/.githooks/**", "**/.husky/**", "**/*.git/hooks/**"]),
    (
      .gitConfig,
      [
        "**/.git/config", "**/.git/config.worktree", "**/.git/info/attributes",
        "**/.git/modules/**/config", "**/.gitconfig", "**/.gitattributes", "**/.gitmodules",
      ]
    ),
    (
      .continuousIntegration,
      [
        "**/.github/workflows/**", "**/.github/actions/**", "**/.gitlab-ci.yml", "**/.circleci/**",
        "**/jenkinsfile", "**/.travis.yml", "**/azure-pipelines.yml", "**/.buildkite/**",
        "**/.woodpecker*", "**/.drone.yml", "**/bitbucket-pipelines.yml",
        "**/.forgejo/workflows/**",
      ]
    ),
    (
      .shellStartup,
      [
        "**/.envrc", "**/.bashrc", "**/.bash_profile", "**/.bash_login", "**/.bash_logout",
        "**/.profile", "**/.zshrc", "**/.zshenv", "**/.zprofile", "**/.zlogin", "**/.inputrc",
        "**/.config/fish/**", "**/.mise.toml", "**/.tool-versions",
      ]
    ),
    (
      .editor,
      [
        "**/.vscode/**", "**/.idea/**", "**/.exrc", "**/.vimrc", "**/.nvimrc", "**/.nvim.lua",
        "**/.dir-locals.el", "**/.editorconfig", "**/.devcontainer/**", "**/.cursor/**",
      ]
    ),
    (
      .tasks,
      [
        "**/package.json", "**/makefile", "**/gnumakefile", "**/justfile", "**/.npmrc",
        "**/.yarnrc*", "**/.pre-commit-config.yaml", "**/.cargo/config*", "**/build.rs",
        "**/setup.py", "**/conftest.py", "**/rakefile", "**/.cowbox.toml", "**/tox.ini",
      ]
    ),
  ]

  private static let patterns = table.map { ($0.0, $0.1.map { Pattern($0) }) }

  /// The risks of one entry of a plan; what is only deleted acts no more.
  package static func all(in change: Change) -> [Risk] {
    guard change.kind != .deleted, let new = change.new else { return [] }
    var found: [Risk] = []
    let path = ByteString(change.path.bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 })
    for (risk, patterns) in patterns where new.kind != .directory || change.kind == .renamed {
      if patterns.contains(where: { $0.matches(path) }) { found.append(risk) }
    }
    if new.kind == .regular, new.permissions & 0o6000 != 0, addsBits(change, new) {
      found.append(.setuid)
    }
    if let target = new.target, leaves(target, from: change.path) { found.append(.leavingSymlink) }
    if let name = change.path.string {
      if name.unicodeScalars.contains(where: ByteString.isUnsafe) {
        found.append(.controlCharacters)
      }
    } else {
      found.append(.controlCharacters)
    }
    return found
  }

  private static func addsBits(_ change: Change, _ new: Facts) -> Bool {
    change.differences.contains(.content) || change.old?.permissions != new.permissions
  }

  /// Whether a symlink's target lies outside of the root, as far as the path itself tells.
  private static func leaves(_ target: ByteString, from path: ByteString) -> Bool {
    if target.bytes.first == 0x2F { return true }
    var depth = path.parent.components.count
    for name in target.components {
      if name == ".." { depth -= 1 } else if name != "." { depth += 1 }
      if depth < 0 { return true }
    }
    return false
  }
}

extension Plan {
  /// The entries that hold a risk which nobody allowed, with their risks.
  package func risks(allowing classes: Set<Risk> = [], paths: [Pattern] = []) -> [(Change, [Risk])]
  {
    changes.compactMap { change in
      if paths.contains(where: { $0.matches(change.path) }) { return nil }
      let found = Risk.all(in: change).filter { !classes.contains($0) }
      return found.isEmpty ? nil : (change, found)
    }
  }
}
