import Profiles

/// What all processes of a box may use together; nil is no limit.
package struct SharedLimits: Sendable, Equatable {
  package var memory: UInt64?
  package var processes: UInt64?
  /// Thousandths of a processor.
  package var processors: UInt64?

  /// The limits that a profile has.
  package init(_ limits: Limits = Limits()) {
    memory = limits.memory
    processes = limits.processes
    processors = limits.processors
  }

  /// The controllers that hold the limits which are there.
  var controllers: [Controller] { Controller.allCases.filter { self[$0] != nil } }

  /// The limit that a controller holds.
  subscript(controller: Controller) -> UInt64? {
    switch controller {
    case .memory: memory
    case .processes: processes
    case .processors: processors
    }
  }

  /// A controller of control groups, by the kernel's name.
  enum Controller: String, CaseIterable, Sendable {
    case memory
    case processes = "pids"
    case processors = "cpu"
  }
}
