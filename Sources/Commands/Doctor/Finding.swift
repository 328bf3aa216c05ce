import Sessions

/// What doctor found out about one thing.
struct Finding {
  /// How bad it is.
  enum Outcome: String {
    case works
    /// A run does without it, with less.
    case lacks
    /// No run is possible.
    case fails
  }

  let name: String
  let outcome: Outcome
  let words: String
  let remedy: String?

  init(_ name: String, _ outcome: Outcome, _ words: String, remedy: String? = nil) {
    self.name = name
    self.outcome = outcome
    self.words = words
    self.remedy = remedy
  }

  var json: JSON {
    [
      "name": .string(name), "outcome": .string(outcome.rawValue), "words": .string(words),
      "remedy": JSON.optional(remedy) { .string($0) },
    ]
  }
}
