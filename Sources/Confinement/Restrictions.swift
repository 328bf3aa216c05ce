import Linux

/// What the processes of a box may no longer do, prepared as data before the box is made.
package struct Restrictions: Sendable {
  /// The capabilities that stay, in the inner user namespace only.
  package var capabilities: CapabilitySet
  /// The filter of system calls, or nil where none is wanted.
  package var filter: FilterProgram?
  /// Whether the filter reports calls to a listener instead of refusing them.
  package var filterListens: Bool
  /// What Landlock handles, or nil where it is off or missing.
  package var landlock: LandlockRules?
  /// What each command may use.
  package var limits: [ResourceLimit]
  /// Whether the filter lets commands make user namespaces; only told, the filter decides.
  package var allowsNamespaces = false

  /// Restrictions as they are listed; without arguments only capabilities and privileges go.
  package init(
    capabilities: CapabilitySet = [], filter: FilterProgram? = nil, filterListens: Bool = false,
    landlock: LandlockRules? = nil, limits: [ResourceLimit] = []
  ) {
    self.capabilities = capabilities
    self.filter = filter
    self.filterListens = filterListens
    self.landlock = landlock
    self.limits = limits
  }
}

extension Restrictions {
  /// The filter that reports what it refuses, so that the refusal can be told; nil where it has none.
  package var tellingFilter: FilterProgram? { filterListens ? nil : filter?.telling }
}

/// The kinds of access that Landlock denies, except where the view itself takes writes.
package struct LandlockRules: Sendable, Equatable {
  package var handledFiles: UInt64
  package var scopes: UInt64

  /// Rules with the bits of the kernel's ABI.
  package init(handledFiles: UInt64, scopes: UInt64) {
    self.handledFiles = handledFiles
    self.scopes = scopes
  }

  /// EXECUTE, READ_FILE and READ_DIR, which are allowed everywhere: masks decide on reading.
  package static let reading: UInt64 = 0b1101
}

/// The most that one process may use of something, as setrlimit(2) has it.
package struct ResourceLimit: Equatable, Sendable {
  /// RLIMIT_* by the kernel's number.
  package let resource: Int32
  package let most: UInt64

  /// A limit, soft and hard alike.
  package init(resource: Int32, most: UInt64) {
    self.resource = resource
    self.most = most
  }
}

extension LandlockRules {
  /// EXECUTE, WRITE_FILE, READ_FILE, TRUNCATE and IOCTL_DEV: the accesses that a file has.
  package static let fileAccesses: UInt64 = 0b111 | 1 << 14 | 1 << 15
}
