/// The figures of a run, by phase and side.
struct Results {
  let sides: [Side]
  private(set) var phases: [String] = []
  private var figures: [String: [Side: [Figure]]] = [:]
  private let limits: [String: [Limit]]

  init(sides: [Side]) {
    self.sides = sides
    let known = Client("", files: 0, archive: "").phases
    limits = Dictionary(uniqueKeysWithValues: known.map { ($0.name, $0.limits) })
  }

  mutating func add(_ figure: Figure, _ side: Side) {
    if figures[figure.phase] == nil { phases.append(figure.phase) }
    figures[figure.phase, default: [:]][side, default: []].append(figure)
  }

  /// The times of a phase on a side, in microseconds, in the order of the rounds.
  func times(_ phase: String, _ side: Side) -> [Double] {
    (figures[phase]?[side] ?? []).map(\.time)
  }

  /// The middle one of a phase's times.
  func median(_ phase: String, _ side: Side) -> Double? {
    let values = times(phase, side).sorted()
    return values.isEmpty ? nil : values[values.count / 2]
  }

  /// The round of the median, with what cowbox's server did in it.
  func middle(_ phase: String) -> Figure? {
    let sorted = (figures[phase]?[.cowbox] ?? []).sorted { $0.time < $1.time }
    return sorted.isEmpty ? nil : sorted[sorted.count / 2]
  }

  /// How much of another side's time cowbox needs.
  func ratio(_ phase: String, to side: Side) -> Double? {
    guard let own = median(phase, .cowbox), let other = median(phase, side), other > 0 else {
      return nil
    }
    return own / other
  }

  /// The targets of a phase, each with whether it is met.
  func verdicts(_ phase: String) -> [(limit: Limit, isMet: Bool?)] {
    (limits[phase] ?? []).map { limit in
      let own = median(phase, .cowbox)
      return (limit, own.flatMap { own in limit.isMet(by: own) { median(phase, $0) } })
    }
  }
}
