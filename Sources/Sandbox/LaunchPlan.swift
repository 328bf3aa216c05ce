import Confinement
import Linux
import Profiles

/// Everything that a box is made from: complete and checked before the first fork.
package struct LaunchPlan: Sendable {
  /// What the box's view of the system starts from.
  package enum Base: Sendable {
    /// The host's root, read-only.
    case host
    /// Nothing: only what the plan mounts.
    case empty
  }

  /// Which network the box sees.
  package enum Network: Sendable, Equatable {
    /// Its own, with nothing but loopback.
    case off
    /// The host's.
    case host
    /// Its own, and a proxy on its loopback that lets these names through.
    case names([NetworkName])
  }

  package var base: Base
  /// The directories shown copy-on-write, in any order.
  package var roots: [RootMount]
  /// Further mounts, in any order; what lies below another's target is mounted after it.
  package var mounts: [ExtraMount]
  /// Paths that look empty; symlinks are followed, and what is not there is skipped.
  package var masks: [ByteString]
  package var network: Network
  /// Whether the command sees itself as user 0.
  package var fakeRoot: Bool
  package var restrictions: Restrictions
  /// Whether the command may build boxes of its own: it gets /dev/fuse for their views.
  package var nests = false
  /// The most bytes each private tmpfs may hold, or nil for the kernel's default.
  package var scratchSize: UInt64?
  /// What the processes may use together, held by control groups where there are any.
  package var limits = SharedLimits()
  /// Whether the start is to fail where the number of processes can't be limited.
  package var insistsOnProcesses = false
  /// What a command of style `service` does instead of a program; answers its exit status.
  package var service: (@Sendable (Descriptor) -> Int32)?

  /// A plan; without arguments the host read-only and no network.
  package init(
    base: Base = .host, roots: [RootMount] = [], mounts: [ExtraMount] = [],
    masks: [ByteString] = [], network: Network = .off, fakeRoot: Bool = false,
    restrictions: Restrictions = Restrictions(), scratchSize: UInt64? = nil
  ) {
    self.base = base
    self.roots = roots
    self.mounts = mounts
    self.masks = masks
    self.network = network
    self.fakeRoot = fakeRoot
    self.restrictions = restrictions
    self.scratchSize = scratchSize
  }
}

/// A directory of the host that the overlay shows at its own path.
package struct RootMount: Sendable {
  /// The name of the root's directory at the top of the FUSE mount.
  package let name: ByteString
  /// The real path, absolute and without symlinks.
  package let path: ByteString

  /// A root by the overlay's number for it.
  package init(id: UInt32, path: ByteString) {
    name = ByteString(String(id))
    self.path = path
  }
}

/// A mount that a profile or a switch asked for.
package struct ExtraMount: Sendable {
  /// How the target is shown.
  package enum Mode: Sendable {
    case readOnly
    case readWrite
    /// An empty directory in memory, gone with the box.
    case scratch
  }

  package let source: ByteString
  package let target: ByteString
  package let mode: Mode
  /// Whether a source or target that is missing is passed over.
  package let optional: Bool

  /// A mount of a host path, both absolute; `source` means nothing for `.scratch`.
  package init(source: ByteString, target: ByteString, mode: Mode, optional: Bool = false) {
    self.source = source
    self.target = target
    self.mode = mode
    self.optional = optional
  }
}
