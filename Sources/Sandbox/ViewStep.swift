import Linux

/// One mount of the box's view.
struct ViewStep: Sendable {
  enum Kind: Sendable {
    /// A directory of the overlay, by its name at the top of the FUSE mount.
    case root(ByteString)
    case bind(source: ByteString, readOnly: Bool)
    case scratch(mode: UInt32)
    case devices
    case processes
  }

  let kind: Kind
  let target: ByteString
  /// Whether a missing source or target is passed over.
  let optional: Bool
  /// Whether the target lies in memory of the box's own, where a mount point may be made.
  var mayCreate = false

  init(_ kind: Kind, at target: ByteString, optional: Bool = false) {
    self.kind = kind
    self.target = target
    self.optional = optional
  }

  /// Whether it shows a directory of the overlay.
  var isRoot: Bool {
    if case .root = kind { return true }
    return false
  }

  /// Whether what this mounts belongs to the box alone.
  private var isPrivate: Bool {
    switch kind {
    case .scratch, .devices: true
    default: false
    }
  }

  /// The mounts of a plan, each after what it lies below.
  static func all(of plan: LaunchPlan) -> [ViewStep] {
    let steps = (standard(for: plan) + declared(in: plan)).enumerated().sorted { left, right in
      left.element.target == right.element.target
        ? left.offset < right.offset : left.element.target < right.element.target
    }
    var ordered: [ViewStep] = []
    for (_, step) in steps {
      var step = step
      let cover = ordered.last { step.target != $0.target && step.target.isWithin($0.target) }
      step.mayCreate = cover.map(\.isPrivate) ?? (plan.base == .empty)
      ordered.append(step)
    }
    return ordered
  }

  /// What every box has, unless the plan mounts something of its own there.
  private static func standard(for plan: LaunchPlan) -> [ViewStep] {
    let declared = Set(plan.mounts.map(\.target))
    return [
      ViewStep(.devices, at: "/dev"), ViewStep(.processes, at: "/proc"),
      ViewStep(.scratch(mode: 0o755), at: "/run", optional: true),
      ViewStep(.scratch(mode: 0o1777), at: "/tmp", optional: true),
      ViewStep(.scratch(mode: 0o1777), at: "/var/tmp", optional: true),
    ].filter { !declared.contains($0.target) }
  }

  private static func declared(in plan: LaunchPlan) -> [ViewStep] {
    plan.roots.map { ViewStep(.root($0.name), at: $0.path) }
      + plan.mounts.map { mount in
        switch mount.mode {
        case .readOnly:
          ViewStep(
            .bind(source: mount.source, readOnly: true), at: mount.target, optional: mount.optional)
        case .readWrite:
          ViewStep(
            .bind(source: mount.source, readOnly: false), at: mount.target,
            optional: mount.optional)
        case .scratch:
          ViewStep(.scratch(mode: 0o755), at: mount.target, optional: mount.optional)
        }
      }
  }
}
