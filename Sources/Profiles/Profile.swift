import Linux

/// What a box shows, lets through and limits: the policy of one session, complete.
package struct Profile: Sendable, Equatable {
  /// What the box's view starts from.
  package enum Base: String, Sendable, CaseIterable {
    /// The host's root, read-only.
    case host
    /// Nothing but what is mounted.
    case nothing
  }

  package var name: String
  package var summary = ""
  package var base = Base.host
  package var mounts: [MountRule] = []
  package var environment = EnvironmentRules()
  package var network = NetworkRules()
  package var calls = CallRules()
  /// Names of capabilities that stay, without "CAP_", lower case.
  package var capabilities: Set<String> = []
  package var limits = Limits()
  package var landlock = Requirement.bestEffort
  /// Whether the command sees itself as user 0.
  package var fakeRoot = false
  /// Whether the command may make user namespaces of its own.
  package var userNamespaces = false

  /// A profile that only has a name.
  package init(name: String) { self.name = name }
}

/// How much a wall is insisted on.
package enum Requirement: String, Sendable, CaseIterable {
  case required
  case bestEffort = "best-effort"
  case off
}

/// One or more paths and how they are shown.
package struct MountRule: Sendable, Equatable {
  /// How a path is shown.
  package enum Mode: String, Sendable, CaseIterable {
    case readOnly = "ro"
    case readWrite = "rw"
    /// Copy-on-write: changes stay in the session.
    case copyOnWrite = "cow"
    /// An empty directory in memory.
    case scratch = "tmpfs"
    /// Looks empty.
    case mask
  }

  /// As it is written: "~" and "$NAME" are still in it.
  package var source: String
  package var target: String
  package var mode: Mode
  package var optional: Bool

  /// A mount as a profile or a switch has it; without a target it stays where it is.
  package init(_ source: String, target: String? = nil, mode: Mode, optional: Bool = false) {
    self.source = source
    self.target = target ?? source
    self.mode = mode
    self.optional = optional
  }
}

/// Which variables the command gets.
package struct EnvironmentRules: Sendable, Equatable {
  /// Names handed on; "*" at the end stands for any rest.
  package var pass: [String] = []
  package var set: [String: String] = [:]
  /// Names never handed on, whatever `pass` says; "*" at either end stands for any rest.
  package var deny: [String] = []

  /// No variable at all.
  package init() {}
}

/// What the command may reach, and who may reach it.
package struct NetworkRules: Sendable, Equatable {
  /// Which network the box sees.
  package enum Mode: String, Sendable, CaseIterable {
    case off
    case host
    /// None, but a proxy that lets the allowed names through.
    case allow
  }

  package var mode = Mode.off
  /// "name:port", "*.name" or "name"; without a port 443 and 80.
  package var allow: [String] = []
  /// Ports of the box's loopback that the host may reach at its own.
  package var publish: [UInt16] = []

  /// No network.
  package init() {}
}

/// Which system calls are served.
package struct CallRules: Sendable, Equatable {
  /// What happens to a call that is not allowed.
  package enum Mode: String, Sendable, CaseIterable {
    case enforce
    /// Served all the same, and told at the end.
    case log
    case off
  }

  package var mode = Mode.enforce
  /// Groups ("@debug") and calls ("ptrace") besides the usual ones.
  package var allow: [String] = []
  package var deny: [String] = []

  /// The usual groups, enforced.
  package init() {}
}

/// The most that a run may use; nil is no limit.
package struct Limits: Sendable, Equatable {
  package var memory: UInt64?
  package var processes: UInt64?
  package var openFiles: UInt64?
  package var cpuSeconds: UInt64?
  /// How many processors may work at a time, in thousandths.
  package var processors: UInt64?
  package var wallSeconds: UInt64?
  /// The bytes and the files that the session may hold.
  package var sessionBytes: UInt64?
  package var sessionFiles: UInt64?
  /// The bytes that each private tmpfs may hold.
  package var scratchBytes: UInt64?

  /// No limits.
  package init() {}
}
