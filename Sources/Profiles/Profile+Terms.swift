extension Profile {
  /// What stands around every command of a session, by topic, in words that are equal exactly when
  /// the walls are; what each command has of its own, like its environment and time, is not in it.
  package var terms: [String: String] {
    var holding = limits
    holding.wallSeconds = nil
    let limitWords = ProfileChange.Limit.allCases.compactMap { limit in
      holding[limit].map { "\(limit.rawValue) = \($0)" }
    }
    let mountWords = mounts.map { "\($0.mode.rawValue) \($0.source) \($0.target)" }.sorted()
    return [
      "files": ([base.rawValue] + mountWords).joined(separator: "\n"),
      "network":
        ([network.mode.rawValue] + network.allow.sorted()
        + network.publish.sorted().map { "publish \($0)" }).joined(separator: "\n"),
      "system calls":
        ([calls.mode.rawValue] + calls.allow.sorted().map { "allow \($0)" }
        + calls.deny.sorted().map { "deny \($0)" }).joined(separator: "\n"),
      "capabilities": capabilities.sorted().joined(separator: " "),
      "limits": limitWords.joined(separator: "\n"), "Landlock": landlock.rawValue,
      "user 0": "\(fakeRoot)", "user namespaces": "\(userNamespaces)",
    ]
  }
}
