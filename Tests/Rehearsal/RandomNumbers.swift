/// Numbers that are the same for the same seed.
struct RandomNumbers {
  private var state: UInt64

  init(seed: UInt64) {
    // Neighbouring seeds shall have nothing in common.
    state = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15
    state ^= state >> 31
    if state == 0 { state = 1 }
  }

  /// A number below a bound.
  mutating func next(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state >> 11) % max(bound, 1)
  }

  /// One of several; nil: there is none.
  mutating func pick<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[next(elements.count)]
  }
}
