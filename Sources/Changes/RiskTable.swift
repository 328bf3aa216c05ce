import Linux

/// Which paths are a risk, by class: the table that apply obeys and the manual prints.
package enum RiskTable {
  /// The patterns of each class; a name matches whatever its case, as some file systems have it.
  ///
  /// Every pattern begins with "**/" and has a name without wildcards: it is found by that name.
  package static let patterns: [(Risk, [String])] = [
    (
      .gitHooks,
      [
        "**/.git/hooks/**", "**/.githooks/**", "**/.husky/**", "**/*.git/hooks/**",
        "**/.git/modules/**/hooks/**",
      ]
    ),
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
        "**/.woodpecker.yml", "**/.woodpecker.yaml", "**/.woodpecker/**", "**/.drone.yml",
        "**/bitbucket-pipelines.yml", "**/.forgejo/workflows/**", "**/.gitea/workflows/**",
      ]
    ),
    (
      .shellStartup,
      [
        "**/.envrc", "**/.bashrc", "**/.bash_profile", "**/.bash_login", "**/.bash_logout",
        "**/.profile", "**/.zshrc", "**/.zshenv", "**/.zprofile", "**/.zlogin", "**/.zlogout",
        "**/.inputrc", "**/.config/fish/**", "**/.mise.toml", "**/mise.toml", "**/.tool-versions",
      ]
    ),
    (
      .editor,
      [
        "**/.vscode/**", "**/.idea/**", "**/.exrc", "**/.vimrc", "**/.nvimrc", "**/.nvim.lua",
        "**/.dir-locals.el", "**/.editorconfig", "**/.devcontainer/**", "**/.devcontainer.json",
        "**/.cursor/**",
      ]
    ),
    (
      .tasks,
      [
        "**/package.json", "**/makefile", "**/gnumakefile", "**/justfile", "**/.npmrc",
        "**/.yarnrc", "**/.yarnrc.yml", "**/.pre-commit-config.yaml", "**/.cargo/config",
        "**/.cargo/config.toml", "**/build.rs", "**/setup.py", "**/conftest.py", "**/rakefile",
        "**/.cowbox.toml", "**/tox.ini",
      ]
    ),
  ]

  /// One pattern, cut at its slashes.
  private struct Rule {
    let risk: Risk
    let parts: [Part]

    /// A name, or "**": any number of them.
    enum Part {
      case names
      case name(Pattern)
    }

    init(_ risk: Risk, _ names: ArraySlice<ByteString>) {
      self.risk = risk
      parts = names.map { $0 == "**" ? .names : .name(Pattern($0)) }
    }

    /// Whether the names of a path match, or may match with something more behind them.
    func matches(_ names: ArraySlice<ByteString>, withAllBelow: Bool) -> Bool {
      Self.matches(parts[...], names, withAllBelow)
    }

    private static func matches(
      _ parts: ArraySlice<Part>, _ names: ArraySlice<ByteString>, _ withAllBelow: Bool
    ) -> Bool {
      guard let part = parts.first else { return names.isEmpty }
      guard let name = names.first else { return withAllBelow }
      switch part {
      case .name(let pattern):
        return pattern.matches(name) && matches(parts.dropFirst(), names.dropFirst(), withAllBelow)
      case .names:
        if parts.count == 1 { return true }
        return names.indices.contains { matches(parts.dropFirst(), names[$0...], withAllBelow) }
      }
    }
  }

  /// The rules by one of their names, and how many names stand before it.
  private static let index: [ByteString: [(rule: Rule, offset: Int)]] = {
    var index: [ByteString: [(rule: Rule, offset: Int)]] = [:]
    for (risk, patterns) in patterns {
      for pattern in patterns {
        let names = ByteString(pattern).components.dropFirst()
        guard let key = names.firstIndex(where: { !$0.bytes.contains(UInt8(ascii: "*")) }) else {
          continue
        }
        index[names[key], default: []].append((Rule(risk, names), key - names.startIndex))
      }
    }
    return index
  }()

  /// The classes in which a path is, in their order; with what may be below it, where that is asked.
  static func risks(at path: ByteString, withAllBelow: Bool = false) -> [Risk] {
    let names = ByteString(path.bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }).components
    var found: Set<Risk> = []
    for (position, name) in names.enumerated() {
      for (rule, offset) in index[name] ?? [] where offset <= position {
        if rule.matches(names[(position - offset)...], withAllBelow: withAllBelow) {
          found.insert(rule.risk)
        }
      }
    }
    return found.isEmpty ? [] : Risk.allCases.filter(found.contains)
  }
}
