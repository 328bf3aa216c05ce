/// A node's number, the same in every step and after every restart.
package struct NodeID: Hashable, Comparable, Sendable {
  package let rawValue: Int64
  /// A number as the database has it.
  package init(_ rawValue: Int64) { self.rawValue = rawValue }

  package static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
}

/// A step's number; step 1 is the session's beginning.
package struct StepID: Hashable, Comparable, Sendable {
  package let rawValue: Int64
  /// A number as the database has it.
  package init(_ rawValue: Int64) { self.rawValue = rawValue }

  package static func < (left: StepID, right: StepID) -> Bool { left.rawValue < right.rawValue }
}

/// The number of a file in `objects/`.
package struct ObjectID: Hashable, Sendable {
  package let rawValue: Int64
  /// A number as the database has it.
  package init(_ rawValue: Int64) { self.rawValue = rawValue }

  /// The name of the object's file.
  package var fileName: String { String(rawValue) }
}
