import Glibc
import Linux
import Profiles

extension Restrictions {
  /// What a profile asks for, on this machine.
  package init(_ profile: Profile, cache: FilterCache? = nil) throws(Errno) {
    self.init(
      capabilities: CapabilityNames.set(profile.capabilities),
      filter: try CallFilter.compile(
        profile.calls, userNamespaces: profile.userNamespaces, cache: cache),
      filterListens: profile.calls.mode == .log,
      landlock: LandlockRules(profile, version: Landlock.version),
      limits: ResourceLimit.all(profile.limits))
    allowsNamespaces =
      profile.calls.mode == .off
      || CallDecision(profile.calls, userNamespaces: profile.userNamespaces).allowsNamespaces
  }
}

extension LandlockRules {
  /// Reading everywhere, writing where the view takes writes; nil where it is off or missing.
  init?(_ profile: Profile, version: Int32) {
    // The first ABI forbids every rename between directories, which no tool expects.
    let isUsable = version >= 2
    if profile.landlock == .off || (profile.landlock == .bestEffort && !isUsable) { return nil }
    var files: UInt64 = 0x3FFF
    if version >= 3 { files |= 1 << 14 }
    if version >= 5 { files |= 1 << 15 }
    // A domain that handles files may not mount, which programs with user namespaces do.
    if profile.userNamespaces { files = 0 }
    // Abstract sockets and signals, LANDLOCK_SCOPE_*.
    let scopes: UInt64 = version >= 6 ? 3 : 0
    if files == 0 && scopes == 0 { return nil }
    self.init(handledFiles: files, scopes: scopes)
  }
}

extension ResourceLimit {
  /// The limits that each process gets; those of all together are the box's.
  static func all(_ limits: Limits) -> [ResourceLimit] {
    var all: [ResourceLimit] = []
    func add(_ resource: Int32, _ most: UInt64?) {
      if let most { all.append(ResourceLimit(resource: resource, most: most)) }
    }
    add(0, limits.cpuSeconds)  // RLIMIT_CPU
    add(7, limits.openFiles)  // RLIMIT_NOFILE
    return all
  }
}
