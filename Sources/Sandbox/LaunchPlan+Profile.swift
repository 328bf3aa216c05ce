import Confinement
import Linux
import Profiles

extension LaunchPlan {
  /// The plan of a profile and its view; the roots are the keeper's to add.
  ///
  /// Compiled filters are kept in `cacheDirectory` and taken from there.
  package init(_ profile: Profile, view: ProfileView, cacheDirectory: ByteString? = nil)
    throws(LaunchError)
  {
    let cache = cacheDirectory.map { FilterCache(directory: $0) }
    self.init(
      base: profile.base == .host ? .host : .empty, masks: view.masks,
      network: Self.network(profile.network), fakeRoot: profile.fakeRoot,
      scratchSize: profile.limits.scratchBytes)
    limits = SharedLimits(profile.limits)
    mounts = view.mounts.map { source, target, rule in
      let mode: ExtraMount.Mode =
        rule.mode == .scratch ? .scratch : rule.mode == .readWrite ? .readWrite : .readOnly
      return ExtraMount(source: source, target: target, mode: mode, optional: rule.optional)
    }
    if network == .host { mounts += Self.resolverFiles }
    restrictions = try at(.filter) { () throws(Errno) in try Restrictions(profile, cache: cache) }
  }

  private static func network(_ rules: NetworkRules) -> Network {
    switch rules.mode {
    case .off: .off
    case .host: .host
    case .allow: .names(rules.allow.compactMap(NetworkName.init))
    }
  }

  /// Masks the sockets of the host that the view would show as the host's own.
  mutating func maskHostSockets() {
    let covered: [ByteString] = ["/dev", "/proc", "/run", "/tmp", "/var/run", "/var/tmp"]
    for path in HostSockets.paths() {
      for mount in mounts where mount.mode != .scratch && path.isWithin(mount.source) {
        masks.append(mount.target.appending(path.relative(to: mount.source)))
      }
      let isOverlaid = roots.contains { path.isWithin($0.path) }
      if base == .host, !isOverlaid, !covered.contains(where: { path.isWithin($0) }) {
        masks.append(path)
      }
    }
  }

  /// Where the view takes writes.
  var writable: [ByteString] {
    ["/dev", "/proc", "/run", "/tmp", "/var/tmp"] + roots.map(\.path)
      + mounts.filter { $0.mode != .readOnly }.map(\.target)
  }

  /// What /etc/resolv.conf points to, since the box's /run is its own.
  private static var resolverFiles: [ExtraMount] {
    ["/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager/resolv.conf"].map {
      ExtraMount(source: $0, target: $0, mode: .readOnly, optional: true)
    }
  }
}
