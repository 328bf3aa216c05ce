/// Something that a client does to a tree, timed, and what it may cost at most.
struct Phase {
  /// Which phases run together: a later one builds on an earlier one of its group.
  let group: String
  let name: String
  let limits: [Limit]
  /// What must be there, and is not timed.
  let prepare: () throws -> Void
  /// Answers how many operations it was.
  let body: () throws -> Int

  init(
    _ group: String, _ name: String, _ limits: [Limit] = [],
    prepare: @escaping () throws -> Void = {}, _ body: @escaping () throws -> Int
  ) {
    self.group = group
    self.name = name
    self.limits = limits
    self.prepare = prepare
    self.body = body
  }

  /// All groups, in their order.
  static let groups = [
    "walk", "absent", "read", "create", "append", "rename", "write", "git", "make", "tar",
  ]
}

/// A target: at most so much of what another side needs, or of time.
enum Limit {
  case times(Double, Side)
  case milliseconds(Double)

  var text: String {
    switch self {
    case .times(let factor, let side): "\(factor) x \(side.name)"
    case .milliseconds(let most): "\(most) ms"
    }
  }

  /// Whether it is met; nil: the side was not measured.
  func isMet(by microseconds: Double, _ other: (Side) -> Double?) -> Bool? {
    switch self {
    case .times(let factor, let side): other(side).map { microseconds <= factor * $0 }
    case .milliseconds(let most): microseconds <= most * 1000
    }
  }
}

/// What one phase cost on one side in one round.
struct Figure {
  let phase: String
  /// Of one operation, in microseconds.
  let time: Double
  /// The processor time of the side's server, per operation; 0 where it has none of ours.
  let serverTime: Double
  /// How many requests of which kind an operation took.
  let requests: [(name: String, count: Double)]
}
