// What people read.
extension Results {
  private var others: [Side] { sides.filter { $0 != .cowbox } }

  /// Medians in microseconds per operation, cowbox's ratio to each other side, and the targets.
  var table: String {
    var lines = [
      row("us per operation", sides.map(\.name) + others.map { "x " + $0.name }) + "   at most"
    ]
    lines += phases.map { phase in
      row(phase, cells(phase)) + "   " + verdicts(phase).map(Self.text).joined(separator: "; ")
    }
    let all = phases.flatMap(verdicts)
    let missed = all.filter { $0.isMet == false }.count
    let met = all.filter { $0.isMet == true }.count
    lines.append("\(met) of \(met + missed) targets are met")
    return lines.joined(separator: "\n")
  }

  /// What cowbox's server did for one operation of each phase.
  var requestTable: String {
    var lines = ["", "one operation of cowbox: the server's processor time, and requests"]
    for phase in phases {
      guard let figure = middle(phase) else { continue }
      let requests = figure.requests.filter { $0.count >= 0.005 }
        .map { "\($0.name) \(Self.fixed($0.count, 2))" }
      lines.append(
        row(phase, [Self.figure(figure.serverTime) + " us"]) + "   "
          + requests.joined(separator: ", "))
    }
    return lines.joined(separator: "\n")
  }

  /// The table for the README.
  func markdown(of machine: Machine) -> String {
    let names = sides.map(\.name)
    var lines = [
      "Microseconds per operation, medians of \(rounds) rounds; \(machine.sentence).", "",
      "| | \(names.joined(separator: " | ")) | target | |",
      "| --- |" + String(repeating: " ---: |", count: names.count) + " --- | --- |",
    ]
    for phase in phases {
      let figures = sides.map { Self.figure(median(phase, $0)) }
      let verdicts = verdicts(phase)
      let limits = verdicts.map(\.limit.text).joined(separator: ", ")
      let words = verdicts.map { Self.word($0.isMet) }.joined(separator: ", ")
      lines.append("| \(phase) | \(figures.joined(separator: " | ")) | \(limits) | \(words) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var rounds: Int {
    phases.first.flatMap { phase in sides.map { times(phase, $0).count }.max() } ?? 0
  }

  private func cells(_ phase: String) -> [String] {
    sides.map { Self.figure(median(phase, $0)) }
      + others.map { ratio(phase, to: $0).map { Self.fixed($0, 2) } ?? "-" }
  }

  private static func text(_ verdict: (limit: Limit, isMet: Bool?)) -> String {
    verdict.limit.text + ": " + word(verdict.isMet)
  }

  private static func word(_ isMet: Bool?) -> String {
    isMet.map { $0 ? "met" : "missed" } ?? "not measured"
  }

  private func row(_ first: String, _ rest: [String]) -> String {
    var line = first + String(repeating: " ", count: max(1, 33 - first.count))
    for word in rest { line += String(repeating: " ", count: max(1, 17 - word.count)) + word }
    return line
  }

  static func figure(_ value: Double?) -> String {
    guard let value else { return "-" }
    return fixed(value, value < 100 ? 1 : 0)
  }

  static func fixed(_ value: Double, _ digits: Int) -> String {
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    let rounded = (value * factor).rounded() / factor
    return digits == 0 ? "\(Int(rounded))" : "\(rounded)"
  }
}

// What programs read.
extension Results {
  func json(of machine: Machine) -> String {
    let rows = phases.map { phase in
      """
          "\(phase)": {
            "median": { \(sides.compactMap { medianField(phase, $0) }.joined(separator: ", ")) },
            "rounds": { \(sides.map { roundsField(phase, $0) }.joined(separator: ", ")) },
            "requests": { \(requestFields(phase)) },
            "targets": [\(verdicts(phase).map(Self.json).joined(separator: ", "))]
          }
      """
    }
    return """
      {
        "version": 2,
        "unit": "us",
        "machine": \(machine.json),
        "phases": {
      \(rows.joined(separator: ",\n"))
        }
      }

      """
  }

  private func medianField(_ phase: String, _ side: Side) -> String? {
    median(phase, side).map { "\"\(side.name)\": \($0)" }
  }

  private func roundsField(_ phase: String, _ side: Side) -> String {
    "\"\(side.name)\": [\(times(phase, side).map { "\($0)" }.joined(separator: ", "))]"
  }

  private func requestFields(_ phase: String) -> String {
    (middle(phase)?.requests ?? []).map { "\"\($0.name)\": \($0.count)" }.joined(separator: ", ")
  }

  private static func json(_ verdict: (limit: Limit, isMet: Bool?)) -> String {
    let isMet = verdict.isMet.map { "\($0)" } ?? "null"
    return "{ \"atMost\": \"\(verdict.limit.text)\", \"met\": \(isMet) }"
  }
}
