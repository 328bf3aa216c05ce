/// What holds a limit of all processes together on this machine, tried by making a group.
package enum LimitHolders {
  /// Each limit and what would hold it, in words; nil where nothing does.
  package static func now() -> [(limit: String, holder: String?)] {
    var limits = SharedLimits()
    (limits.memory, limits.processes, limits.processors) = (1 << 40, 1 << 20, 1_000_000)
    let group = ControlGroup(for: limits)
    let names: [(SharedLimits.Controller, String)] = [
      (.memory, "memory"), (.processes, "processes"), (.processors, "processors"),
    ]
    return names.map { ($0.1, group.version(of: $0.0)) }
  }
}
