import Linux

/// A sequence of operations with a name that says what it promises.
package struct Scenario: Sendable {
  package let name: String
  let operations: [Operation]

  /// Every scenario there is.
  package static let all: [Scenario] = []

  /// Runs it; nil: it holds.
  package func run(by runner: Runner) throws(Errno) -> Finding? { try runner.run(operations) }
}
