extension Profile {
  /// The whole profile as a file would say it, for people and for other files to begin with.
  package var toml: String {
    var lines = ["description = \(quoted(summary))", "base = \(quoted(base.rawValue))"]
    if fakeRoot { lines.append("fakeroot = true") }
    if userNamespaces { lines.append("user-namespaces = true") }
    for mount in mounts {
      lines += ["", "[[mount]]", "source = \(quoted(mount.source))"]
      if mount.target != mount.source { lines.append("target = \(quoted(mount.target))") }
      lines.append("mode = \(quoted(mount.mode.rawValue))")
      if mount.optional { lines.append("optional = true") }
    }
    lines += ["", "[env]", "pass = \(list(environment.pass))", "deny = \(list(environment.deny))"]
    let set = environment.set.sorted { $0.key < $1.key }
    if !set.isEmpty {
      let pairs = set.map { "\(quoted($0.key)) = \(quoted($0.value))" }
      lines.append("set = { \(pairs.joined(separator: ", ")) }")
    }
    lines += ["", "[network]", "mode = \(quoted(network.mode.rawValue))"]
    if !network.allow.isEmpty { lines.append("allow = \(list(network.allow))") }
    if !network.publish.isEmpty { lines.append("publish = \(network.publish)") }
    lines += ["", "[seccomp]", "mode = \(quoted(calls.mode.rawValue))"]
    if !calls.allow.isEmpty { lines.append("allow = \(list(calls.allow))") }
    if !calls.deny.isEmpty { lines.append("deny = \(list(calls.deny))") }
    if !capabilities.isEmpty {
      lines += ["", "[capabilities]", "keep = \(list(capabilities.sorted()))"]
    }
    lines += limitLines + ["", "[landlock]", "mode = \(quoted(landlock.rawValue))"]
    return lines.joined(separator: "\n") + "\n"
  }

  private var limitLines: [String] {
    let set = ProfileChange.Limit.allCases.compactMap { limit in
      limits[limit].map { "\(limit.rawValue) = \(limit.text($0))" }
    }
    return set.isEmpty ? [] : ["", "[limits]"] + set
  }

  private func list(_ words: [String]) -> String { TomlText.list(words) }

  private func quoted(_ text: String) -> String { TomlText.quoted(text) }
}

extension ProfileChange.Limit {
  /// An amount as a person would write it in a file: "4G" in quotes, or 2048.
  func text(_ amount: UInt64) -> String {
    let text =
      switch self {
      case .memory, .size, .scratch: Amount.text(bytes: amount)
      case .cpu, .time: Amount.text(seconds: amount)
      case .cpus: Amount.text(processors: amount)
      case .processes, .openFiles, .files: String(amount)
      }
    let isNumber = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return isNumber && self != .cpus ? text : TomlText.quoted(text)
  }
}
