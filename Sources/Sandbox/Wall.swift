import Confinement
import Linux

/// One wall of a box: whether it stands, and what it is made of.
package struct Wall: Sendable, Equatable {
  /// A word that names the wall in tables and JSON.
  package let name: String
  package let isUp: Bool
  /// What it is made of, or why it is down.
  package let kind: String
}

extension LaunchPlan {
  /// Every wall of this plan on this machine, those that are down included.
  package var walls: [Wall] {
    [
      Wall(
        name: "namespaces", isUp: true, kind: "two user namespaces, mount, pid, ipc, uts, cgroup"),
      Wall(
        name: "files", isUp: true,
        kind: base == .host ? "the host read-only" : "only what is mounted"),
      Wall(name: "masks", isUp: !masks.isEmpty, kind: "\(masks.count) paths look empty"),
      writesThrough, networkWall,
      Wall(
        name: "capabilities", isUp: restrictions.capabilities.isEmpty,
        kind: restrictions.capabilities.isEmpty ? "none, in all five sets" : "some are kept"),
      Wall(name: "privileges", isUp: true, kind: "no_new_privs, locked securebits"),
      filterWall, landlockWall,
    ] + limitWalls + [
      Wall(
        name: "not-contained", isUp: false,
        kind: "the kernel's own faults; a socket that the host makes later in a directory shown")
    ]
  }

  private var writesThrough: Wall {
    let paths = mounts.filter { $0.mode == .readWrite }.map(\.target.printable)
    return Wall(
      name: "writes", isUp: paths.isEmpty,
      kind: paths.isEmpty
        ? "all stay in the session" : "go through to \(paths.joined(separator: ", "))")
  }

  private var networkWall: Wall {
    switch network {
    case .off: Wall(name: "network", isUp: true, kind: "a namespace with nothing but loopback")
    case .host: Wall(name: "network", isUp: false, kind: "the host's network")
    case .names(let names):
      Wall(name: "network", isUp: true, kind: "no route; a proxy lets \(names.count) names through")
    }
  }

  private var filterWall: Wall {
    guard let filter = restrictions.filter else {
      return Wall(name: "system-calls", isUp: false, kind: "no filter")
    }
    if restrictions.filterListens {
      return Wall(name: "system-calls", isUp: false, kind: "counted, none refused")
    }
    let count = filter.instructions.count / 8
    return Wall(name: "system-calls", isUp: true, kind: "a filter of \(count) instructions")
  }

  private var landlockWall: Wall {
    let version = Landlock.version
    guard let rules = restrictions.landlock else {
      return Wall(
        name: "landlock", isUp: false, kind: version == 0 ? "this kernel has none" : "not asked for"
      )
    }
    let parts = [rules.handledFiles == 0 ? nil : "files", rules.scopes == 0 ? nil : "scopes"]
    let what = parts.compactMap { $0 }.joined(separator: ", ")
    return Wall(name: "landlock", isUp: true, kind: "ABI \(version): \(what)")
  }

  private var limitWalls: [Wall] {
    let names: [Int32: String] = [0: "cpu", 2: "memory", 6: "processes", 7: "open-files"]
    var walls = restrictions.limits.map { limit in
      // The kernel exempts the real user 0 from RLIMIT_NPROC (setrlimit(2)).
      let isExempt = limit.resource == 6 && Process.user == 0
      return Wall(
        name: names[limit.resource] ?? "limit", isUp: !isExempt,
        kind: isExempt ? "root is exempt from this limit" : "\(limit.most), by rlimit")
    }
    if let wallSeconds { walls.append(Wall(name: "time", isUp: true, kind: "\(wallSeconds) s")) }
    return walls
  }
}
