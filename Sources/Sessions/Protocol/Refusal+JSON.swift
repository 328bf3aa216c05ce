import Linux
import Sandbox

/// What a wall kept from a command; the same value goes from the box to the person.
package typealias Refusal = Sandbox.Refusal

/// Attempts to cross the walls, and what they need to know; doctor makes them.
package typealias Crossing = Sandbox.Crossing
package typealias CrossingGround = Sandbox.CrossingGround
package typealias LandlockTrial = Sandbox.LandlockTrial
package typealias LimitHolders = Sandbox.LimitHolders

extension Refusal {
  package var json: JSON {
    [
      "kind": .string(kind.rawValue), "what": .string(what), "rule": .string(rule),
      "count": .int(Int64(count)), "remedy": JSON.optional(remedy) { .string($0) },
      "noted": .bool(isOnlyNoted),
    ]
  }

  init?(json: JSON) {
    guard let kind = json["kind"]?.string.flatMap(Kind.init), let what = json["what"]?.string,
      let rule = json["rule"]?.string, let count = json["count"]?.int
    else { return nil }
    self.init(
      kind, what, rule: rule, count: Int(clamping: count), remedy: json["remedy"]?.string,
      isOnlyNoted: json["noted"]?.bool ?? false)
  }
}
