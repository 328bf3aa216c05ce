/// One thing that a file or a switch changes in a profile.
package enum ProfileChange: Sendable {
  case summary(String)
  case base(Profile.Base)
  case mount(MountRule)
  case pass([String])
  case set([String: String])
  case deny([String])
  case network(NetworkRules.Mode)
  case allowNames([String])
  case publish([UInt16])
  case calls(CallRules.Mode)
  case allowCalls([String])
  case denyCalls([String])
  case capabilities([String])
  case limit(Limit, UInt64)
  case landlock(Requirement)
  case fakeRoot(Bool)
  case userNamespaces(Bool)
  /// Whether agents may apply and discard; counts in the user's own settings only.
  case agentsMayApply(Bool)

  /// One of the limits, by its key.
  package enum Limit: String, Sendable, CaseIterable {
    case memory, processes
    case openFiles = "open-files"
    case cpu, cpus, time, size, files
    case scratch = "tmp-size"
  }
}

extension ProfileChange {
  /// Makes the change.
  package func apply(to profile: inout Profile) {
    switch self {
    case .summary(let text): profile.summary = text
    case .base(let base): profile.base = base
    case .mount(let rule):
      profile.mounts.removeAll { $0.target == rule.target }
      profile.mounts.append(rule)
    case .pass(let names): profile.environment.pass += names
    case .set(let values): profile.environment.set.merge(values) { $1 }
    case .deny(let names): profile.environment.deny += names
    case .network(let mode): profile.network.mode = mode
    case .allowNames(let names): profile.network.allow += names
    case .publish(let ports): profile.network.publish += ports
    case .calls(let mode): profile.calls.mode = mode
    case .allowCalls(let names): profile.calls.allow += names
    case .denyCalls(let names): profile.calls.deny += names
    case .capabilities(let names): profile.capabilities.formUnion(names)
    case .limit(let limit, let most): profile.limits[limit] = most
    case .landlock(let requirement): profile.landlock = requirement
    case .fakeRoot(let flag): profile.fakeRoot = flag
    case .userNamespaces(let flag): profile.userNamespaces = flag
    case .agentsMayApply: break  // No box depends on it.
    }
  }

  /// What the change gives that the profile did not, as a sentence's object; nil if it only takes.
  package func loosening(of profile: Profile) -> String? {
    switch self {
    case .summary, .deny, .denyCalls: nil
    case .base(let base): base == .host && profile.base != .host ? "the host's files" : nil
    case .mount(let rule): Self.loosening(rule, of: profile)
    case .pass(let names): "the variables \(names.joined(separator: ", "))"
    case .set(let values): "other values for \(values.keys.sorted().joined(separator: ", "))"
    case .network(let mode): Self.loosening(mode, of: profile.network)
    case .allowNames(let names): "the network names \(names.joined(separator: ", "))"
    case .publish(let ports): "the host's ports \(ports.map(String.init).joined(separator: ", "))"
    case .calls(let mode):
      mode != .enforce && profile.calls.mode != mode ? "system calls without a filter" : nil
    case .allowCalls(let names): "the system calls \(names.joined(separator: ", "))"
    case .capabilities(let names):
      Set(names).isSubset(of: profile.capabilities)
        ? nil : "the capabilities \(names.joined(separator: ", "))"
    case .limit(let limit, let most):
      most > (profile.limits[limit] ?? .max) ? "a higher limit of \(limit.rawValue)" : nil
    case .landlock(let requirement):
      requirement == profile.landlock || requirement == .required ? nil : "less of Landlock"
    case .fakeRoot(let flag): flag && !profile.fakeRoot ? "user 0" : nil
    case .userNamespaces(let flag):
      flag && !profile.userNamespaces ? "user namespaces of its own" : nil
    case .agentsMayApply(let flag): flag ? "agents to apply by themselves" : nil
    }
  }

  /// A mask and an empty directory take away, unless they replace a mount of the profile's own.
  private static func loosening(_ rule: MountRule, of profile: Profile) -> String? {
    if rule.mode == .mask { return nil }
    let replaced = profile.mounts.first { $0.target == rule.target }
    if rule.mode == .scratch, replaced?.mode != .mask { return nil }
    if rule.mode == replaced?.mode, rule.source == replaced?.source { return nil }
    return "'\(rule.source)' as \(rule.mode.rawValue)"
  }

  private static func loosening(_ mode: NetworkRules.Mode, of rules: NetworkRules) -> String? {
    switch (rules.mode, mode) {
    case (_, .off), (.host, .host), (.host, .allow), (.allow, .allow): nil
    case (_, .host): "the host's network"
    case (.off, .allow): "the network, for some names"
    }
  }
}

extension Limits {
  /// The limit by its key.
  package subscript(_ limit: ProfileChange.Limit) -> UInt64? {
    get { self[keyPath: Self.path(limit)] }
    set { self[keyPath: Self.path(limit)] = newValue }
  }

  private static func path(_ limit: ProfileChange.Limit) -> WritableKeyPath<Limits, UInt64?> {
    switch limit {
    case .memory: \.memory
    case .processes: \.processes
    case .openFiles: \.openFiles
    case .cpu: \.cpuSeconds
    case .cpus: \.processors
    case .time: \.wallSeconds
    case .size: \.sessionBytes
    case .files: \.sessionFiles
    case .scratch: \.scratchBytes
    }
  }
}
