import Confinement
import Linux
import Profiles

extension LaunchPlan {
  /// The walls that a box of this plan would have.
  package var plannedWalls: [Wall] { walls(group: nil) }

  /// Every wall of this plan on this machine, those that are down included.
  func walls(group: ControlGroup?) -> [Wall] {
    [
      Wall("namespaces", "user (two, nested), mount, pid, ipc, uts, cgroup"),
      Wall("files", base == .host ? "the host's are read-only" : "only what is mounted"),
      Wall(
        "session",
        roots.isEmpty
          ? "nothing is copy-on-write"
          : "changes stay in it below \(roots.map(\.path.printable).joined(separator: ", "))"),
      writesThrough,
      Wall("masks", isUp: !masks.isEmpty, "\(masks.count) paths look empty"),
      Wall("private", "/tmp, /run, /dev/shm, /var/tmp of its own"),
      Wall("devices", "null, zero, full, random, urandom, tty and terminals of its own"),
      Wall("processes", "a /proc of its own, hidepid=ptraceable, settings read-only"),
      networkWall,
      Wall(
        "capabilities", isUp: restrictions.capabilities.isEmpty,
        restrictions.capabilities.isEmpty ? "none, in all five sets" : "some are kept"),
      Wall("privileges", "no_new_privs, locked securebits, nosuid mounts"),
      Wall(
        "user-namespaces", isUp: !allowsNamespaces,
        allowsNamespaces ? "the command may make its own" : "the command can make none"),
      filterWall, landlockWall, abstractWall,
      Wall("terminal", "a pseudo-terminal of its own; no input can be pushed into the user's"),
      Wall("descriptors", "closed, but for the standard ones"),
    ] + limitWalls(group)
  }

  /// What a box of this plan does not hold, in sentences.
  package var notContained: [String] {
    var sentences = [
      "the kernel's own faults: a command that breaks the kernel is out",
      "what leaks through the processor's caches and timing",
      "a socket that the host makes later in a directory that the view shows",
    ]
    if network == .host {
      sentences.append("the network: whatever the host reaches, loopback included")
    } else if case .names = network {
      sentences.append("what is told to a name that is allowed, and what else its address serves")
    }
    if base == .host {
      sentences.append("reading: all that the user may read and no mask covers")
    }
    if !mounts.allSatisfy({ $0.mode != .readWrite }) {
      sentences.append("what is mounted read-write: it changes at once, without undo")
    }
    if limits.memory == nil || limits.processes == nil {
      sentences.append("the use of memory and processes beyond the limits that are set")
    }
    return sentences
  }

  private var allowsNamespaces: Bool { restrictions.allowsNamespaces }

  private var writesThrough: Wall {
    let paths = mounts.filter { $0.mode == .readWrite }.map(\.target.printable)
    return Wall(
      "writes", isUp: paths.isEmpty,
      paths.isEmpty
        ? "none go through to the host" : "go through to \(paths.joined(separator: ", "))")
  }

  private var networkWall: Wall {
    switch network {
    case .off: Wall("network", "a namespace with nothing but loopback")
    case .host: Wall("network", isUp: false, "the host's network")
    case .names(let names):
      Wall("network", "no route; a proxy lets \(names.count) names through")
    }
  }

  private var filterWall: Wall {
    guard let filter = restrictions.filter else {
      return Wall("system-calls", isUp: false, "no filter")
    }
    if restrictions.filterListens {
      return Wall("system-calls", isUp: false, "counted, none refused")
    }
    return Wall(
      "system-calls", "seccomp, a filter of \(filter.instructions.count / 8) instructions")
  }

  private var landlockWall: Wall {
    guard let rules = restrictions.landlock else {
      return Wall(
        "landlock", isUp: false,
        Landlock.version == 0 ? "this kernel has none" : "not asked for")
    }
    let parts = [rules.handledFiles == 0 ? nil : "files", rules.scopes == 0 ? nil : "scopes"]
    let what = parts.compactMap { $0 }.joined(separator: ", ")
    return Wall("landlock", "ABI \(Landlock.version): \(what)")
  }

  /// Abstract sockets belong to the network's namespace, which the host's network is not a wall of.
  private var abstractWall: Wall {
    let isScoped = restrictions.landlock.map { $0.scopes & 1 != 0 } ?? false
    if network != .host { return Wall("abstract-sockets", "held by the network's namespace") }
    return Wall(
      "abstract-sockets", isUp: isScoped,
      isScoped ? "held by Landlock" : "the host's can be reached, X11's among them")
  }

  private func limitWalls(_ group: ControlGroup?) -> [Wall] {
    let shared: [(SharedLimits.Controller, String, Int32)] = [
      (.memory, "memory", 2), (.processes, "processes", 6), (.processors, "processors", -1),
    ]
    var walls: [Wall] = shared.compactMap { controller, name, resource in
      guard let most = limits[controller] else { return nil }
      let amount = controller == .processors ? Amount.text(processors: most) : String(most)
      if let version = group?.version(of: controller) {
        return Wall("limit-\(name)", "\(amount) together, by \(version)")
      }
      let isExempt = resource == 6 && Process.user == 0
      return Wall(
        "limit-\(name)", isUp: !isExempt && group != nil,
        isExempt
          ? "root is exempt from rlimits, and there is no control group for us"
          : group == nil ? "\(amount), when it runs" : "\(amount) each, by rlimit")
    }
    let names: [Int32: String] = [0: "cpu", 7: "open-files"]
    walls += restrictions.limits.compactMap { limit in
      names[limit.resource].map { Wall("limit-\($0)", "\(limit.most) each, by rlimit") }
    }
    return walls
  }
}
