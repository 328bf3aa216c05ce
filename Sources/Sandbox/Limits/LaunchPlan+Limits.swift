import Confinement
import Linux

extension LaunchPlan {
  /// Makes control groups for what the processes may use together; what no group can hold becomes a
  /// limit of each process, or stops the start where there is no such limit.
  mutating func limitTogether() throws(LaunchError) -> ControlGroup? {
    if limits.controllers.isEmpty { return nil }
    let group = ControlGroup(for: limits)
    if let memory = limits.memory, !group.holds(.memory) {
      // RLIMIT_DATA: RLIMIT_AS would count what node and Java only reserve.
      restrictions.limits.append(ResourceLimit(resource: 2, most: memory))
    }
    if let processes = limits.processes, !group.holds(.processes) {
      // The kernel exempts the real user 0 from RLIMIT_NPROC (setrlimit(2)).
      if Process.user == 0, insistsOnProcesses { throw LaunchError(.limits, .notSupported) }
      restrictions.limits.append(ResourceLimit(resource: 6, most: processes))
    }
    if limits.processors != nil, !group.holds(.processors) {
      throw LaunchError(.limits, .notSupported)
    }
    return group
  }
}

extension ControlGroup {
  /// The limits that were hit.
  func refusals(_ limits: SharedLimits) -> [Refusal] {
    let told: [(SharedLimits.Controller, String, String)] = [
      (.memory, "memory: a process was killed", "--memory with more"),
      (.processes, "processes: one was not started", "--pids with more"),
    ]
    return told.compactMap { controller, what, remedy in
      let count = holds(controller) ? hits(of: controller) : 0
      guard let most = limits[controller], count > 0 else { return nil }
      return Refusal(
        .limit, what, rule: "[limits] \(controller == .memory ? "memory" : "processes") = \(most)",
        count: count, remedy: remedy)
    }
  }
}
