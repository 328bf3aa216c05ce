/// What one file says of a setting.
package struct SettingSource: Sendable {
  package let file: String
  package let line: Int
  /// Whether the file is one that cowbox came with.
  package let isBuiltIn: Bool
  /// The value as a file would say it.
  package let value: String
}

extension LoadedProfile {
  /// What the files in force say of a setting, the strongest last.
  package func sources(of setting: Setting) -> [SettingSource] {
    layers.flatMap { layer in
      layer.changes.compactMap { change, line, _ in
        guard let (name, value) = change.setting, name == setting.name else { return nil }
        return SettingSource(
          file: layer.file, line: line, isBuiltIn: layer.isBuiltIn, value: value)
      }
    }
  }

  /// The value in force, as a file would say it; nil where nobody says one.
  package func value(of setting: Setting) -> String? {
    let sources = sources(of: setting)
    switch setting.kind {
    case .words, .ports, .pairs:
      if sources.isEmpty { return nil }
      return TomlText.joined(sources.map(\.value))
    default: return sources.last?.value
    }
  }
}

extension ProfileChange {
  /// The setting that it changes and the value as a file would say it; nil for a mount.
  var setting: (name: String, value: String)? {
    switch self {
    case .mount: nil
    case .summary(let text): ("description", TomlText.quoted(text))
    case .base(let base): ("base", TomlText.quoted(base.rawValue))
    case .fakeRoot(let flag): ("fakeroot", "\(flag)")
    case .userNamespaces(let flag): ("user-namespaces", "\(flag)")
    case .pass(let names): ("env.pass", TomlText.list(names))
    case .set(let values): ("env.set", TomlText.pairs(values))
    case .deny(let names): ("env.deny", TomlText.list(names))
    case .network(let mode): ("network.mode", TomlText.quoted(mode.rawValue))
    case .allowNames(let names): ("network.allow", TomlText.list(names))
    case .publish(let ports): ("network.publish", "\(ports)")
    case .calls(let mode): ("seccomp.mode", TomlText.quoted(mode.rawValue))
    case .allowCalls(let names): ("seccomp.allow", TomlText.list(names))
    case .denyCalls(let names): ("seccomp.deny", TomlText.list(names))
    case .capabilities(let names): ("capabilities.keep", TomlText.list(names))
    case .limit(let limit, let most): ("limits.\(limit.rawValue)", limit.text(most))
    case .agentsMayApply(let flag): ("mcp.apply", "\(flag)")
    case .landlock(let requirement): ("landlock.mode", TomlText.quoted(requirement.rawValue))
    }
  }
}
