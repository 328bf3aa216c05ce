import CDifferential

/// A source of numbers that one seed decides, the same on every machine (SplitMix64).
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number below `limit`.
  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(limit, 1))) }

  /// True once in `times`.
  mutating func once(in times: Int) -> Bool { below(times) == 0 }

  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}

/// The bytes that a seed stands for; none of them is zero, so that holes can be told.
func pattern(_ seed: UInt64, _ count: Int) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  bytes.withUnsafeMutableBytes { cd_pattern(seed, $0.baseAddress, count) }
  return bytes
}

/// A short fingerprint of bytes, for comparing and for people.
func fingerprint(_ bytes: some Collection<UInt8>) -> String {
  let all = Array(bytes)
  return String(cd_hash(0, all, all.count), radix: 36)
}
